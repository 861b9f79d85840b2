# Calls Salt's own module postgres_local_cache: a JSON line {"fn", "args"} in, its answer as a JSON line out.

import json
import sys

import salt.returners.postgres_local_cache as cache

place = json.loads(sys.argv[1])
cache.__opts__ = {
    "master_job_cache.postgres.host": place["host"],
    "master_job_cache.postgres.user": place["user"],
    "master_job_cache.postgres.passwd": place["password"],
    "master_job_cache.postgres.db": place["database"],
    "master_job_cache.postgres.port": place["port"],
    "id": "oracle_master",
    "keep_jobs_seconds": 3600,
    "keep_jobs": 24,
}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"ok": getattr(cache, request["fn"])(*request["args"])}
    except Exception as error:
        answer = {"err": type(error).__name__, "text": str(error)}
    print(json.dumps(answer), flush=True)
