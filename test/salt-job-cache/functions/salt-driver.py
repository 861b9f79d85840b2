# Calls Salt's own module postgres_local_cache: a JSON line {"fn", "args"} in, a line {"answer", "rows"} out.

import json
import sys

import psycopg2
import salt.returners.postgres_local_cache as cache

place = json.loads(sys.argv[1])
cache.__opts__ = {
    "master_job_cache.postgres.host": place["host"],
    "master_job_cache.postgres.user": place["user"],
    "master_job_cache.postgres.passwd": place["password"],
    "master_job_cache.postgres.db": place["database"],
    "master_job_cache.postgres.port": place["port"],
    "id": "oracle_master",
    "keep_jobs_seconds": 0,
    "keep_jobs": 24,
}
connection = psycopg2.connect(
    host=place["host"],
    user=place["user"],
    password=place["password"],
    dbname=place["database"],
    port=place["port"],
)
connection.autocommit = True
cursor = connection.cursor()


def call(name, args):
    try:
        return {"ok": getattr(cache, name)(*args)}
    except Exception as error:
        return {"err": type(error).__name__, "sqlstate": getattr(error, "pgcode", None)}


for line in sys.stdin:
    request = json.loads(line)
    if not request["fn"].startswith("get_"):
        cursor.execute("TRUNCATE jids, salt_returns, salt_events")
    answer = call(request["fn"], request["args"])
    rows = []
    for query in place["queries"]:
        cursor.execute(query)
        rows.append([list(row) for row in cursor.fetchall()])
    print(json.dumps({"answer": answer, "rows": rows}), flush=True)
