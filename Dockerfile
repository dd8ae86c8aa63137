# docker build -t spacedevs .
# docker run --rm -v spacedevs:/data spacedevs python manage.py prepare      once, and after an upgrade
# docker run -v spacedevs:/data -p 127.0.0.1:8000:8000 spacedevs
FROM python:3.13-slim-trixie AS packages
COPY requirements/serve.txt /
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /serve.txt

FROM python:3.13-slim-trixie
# pg_dump, pg_restore and psql for `manage.py backup` and `restore`: of the server's version or newer.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/*
# The owner of /data when the volume is made is the owner for ever.
RUN useradd --uid 1000 --no-create-home spacedevs \
    && install --directory --mode=0700 --owner=spacedevs /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY fixtures fixtures/
COPY spacedevs spacedevs/
COPY spacecraft spacecraft/
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8000
USER spacedevs
VOLUME /data
EXPOSE 8000
# Whether the site lives, not whether it is ready: what is unhealthy is replaced by those who watch
# it, and no new container mends a database. Not by urllib, which would ask the environment's proxy.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["python", "-c", "\
import http.client, os; \
site = http.client.HTTPConnection('127.0.0.1', os.environ['PORT'], timeout=4); \
site.request('GET', '/health/live'); \
raise SystemExit(site.getresponse().status != 200)"]
CMD ["python", "manage.py", "serve"]
