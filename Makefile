# The verbs. `make serve` and `make test` make all that they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: serve test lint lock

serve: .venv/serve
	@$(BIN)/python manage.py prepare
	@exec $(BIN)/python manage.py serve

test: .venv/dev

lint: .venv/dev

# Each mark is as new as the lock file that it was installed from.
.venv/serve: requirements/serve.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/dev: requirements/dev.txt | .venv/serve
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(BIN)/python:
	$(PYTHON) -m venv .venv
