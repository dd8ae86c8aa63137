"""The peers: what else could answer these lists. Each is run in `.venv-bench`, one worker.

BENCH_DATABASE: the database, an SQLite file's path or PostgreSQL's URL. BENCH_READY: a folder with
answers that are ready, for those that have no database.
"""
