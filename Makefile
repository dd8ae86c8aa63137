# The verbs. Each makes all that it needs: python3 and make are enough to begin with.
#   make serve     the site, on an SQLite file in var/ unless DATABASE_URL names another database
#   make test      lint, then the suite on SQLite and on PostgreSQL; ARGS="-k name" goes to pytest
#   make test-faults  what readers and editors meet while a fault is made, as a table; 20,000
#                     hostile requests, and what they cost
#   make lint      what is checked without running anything
#   make format    what the machine can put right by itself
#   make bench     how fast the server is beside others, as bench/RESULTS.md; ARGS="--rounds 1"
#   make bench-mirror  what a run of the mirror costs: CPU, memory, and how long readers wait
#   make bench-growth  what a list costs among 603, 60,300 and 603,000 craft
#   make query-counts  tests/query_counts.json anew, after a change of queries that is meant
#   make lock      requirements/*.txt from pyproject.toml; ARGS=--upgrade takes newer versions
PYTHON ?= python3
BIN := .venv/bin
comma := ,
# With uv at hand a set-up takes a few seconds, and with pip half a minute. uv reads no settings of
# pip's: where it reaches no index, pip may.
UV := $(shell command -v uv)
INSTALL = $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $< ||) \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
# --universal: one lock for every system and every Python from 3.11 on.
LOCK = $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url \
	--python-version 3.11 --no-header -q $(ARGS) pyproject.toml

.PHONY: serve test test-faults lint format lock venv bench bench-mirror bench-growth query-counts

serve: .venv/serve
	@$(BIN)/python manage.py prepare
	@exec $(BIN)/python manage.py serve

test: .venv/dev
	@scripts/test $(ARGS)

test-faults: .venv/dev
	@$(BIN)/pytest -q --long tests/faults $(ARGS)

lint: .venv/dev
	@scripts/lint

format: .venv/dev
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format

bench: .venv/dev .venv-bench/peers
	@$(BIN)/python -m bench.compare $(ARGS)

# CRAFT=20000 for a catalogue that large.
bench-mirror: .venv/dev
	@$(BIN)/python -m bench.mirror --craft $(or $(CRAFT),603)

# CRAFT="603 6030" for other sizes; DATABASE_URL for PostgreSQL.
bench-growth: .venv/dev
	@$(BIN)/python -m bench.growth $(if $(CRAFT),--craft $(CRAFT))

query-counts: .venv/dev
	@$(BIN)/pytest -q --count-queries tests/test_plans.py -k has_every_case

lock: .venv/dev
	$(LOCK) -o requirements/serve.txt
	$(LOCK) --group dev -o requirements/dev.txt

# Each mark is newer than the lock file that it was installed from.
.venv/serve: requirements/serve.txt $(shell test -x $(BIN)/python -a -e .venv/made || echo venv)
	@echo "Installing the packages into .venv: $(if $(UV),with uv$(comma) a few seconds,with pip$(comma) about half a minute)."
	@$(INSTALL)
	@touch $@

.venv/dev: requirements/dev.txt .venv/serve
	@echo "Installing what the tests need into .venv."
	@$(INSTALL)
	@touch $@

# The peers of `make bench`. Without npm, json-server is left out.
.venv-bench/peers: bench/requirements.txt
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	if command -v npm >/dev/null; then npm install --silent --no-save --no-package-lock \
	--prefix .venv-bench/node json-server@0.17.4; fi
	@touch $@

# --clear: a .venv whose Python is gone, or that was not finished, can't be mended.
venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo >&2 \
	"Python 3.11 or newer is needed, and $(PYTHON) is not. Name another: PYTHON=python3.13 make serve"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo >&2 \
	"$(PYTHON) has no venv module. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Making .venv, once."
	@$(PYTHON) -m venv --clear .venv
	@touch .venv/made
