"""How many jobs with one return Salt's own postgres_local_cache stores in a second, called as a master does.

The connection comes from the environment: PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD; the seconds to
measure are the one argument. Prints JSON.
"""

import json
import logging
import os
import sys
import time

import salt.config
import salt.loader
import salt.utils.jid

logging.disable(logging.CRITICAL)
seconds = float(sys.argv[1])
opts = salt.config.master_config(None)
opts.update(
    {
        "id": "bench_master",
        "master_job_cache": "postgres_local_cache",
        "master_job_cache.postgres.host": os.environ["PGHOST"],
        "master_job_cache.postgres.port": os.environ["PGPORT"],
        "master_job_cache.postgres.db": os.environ["PGDATABASE"],
        "master_job_cache.postgres.user": os.environ["PGUSER"],
        "master_job_cache.postgres.passwd": os.environ["PGPASSWORD"],
    }
)
returners = salt.loader.returners(opts, {})
name = "postgres_local_cache."


def store(jid):
    load = {
        "cmd": "publish",
        "tgt": "minion1",
        "fun": "test.ping",
        "arg": [],
        "tgt_type": "glob",
        "ret": "",
        "jid": jid,
        "user": "root",
        "kwargs": {"show_timeout": True, "show_jid": False, "delimiter": ":"},
    }
    returners[name + "save_load"](jid, load)
    ret = {
        "cmd": "_return",
        "id": "minion1",
        "success": True,
        "return": True,
        "retcode": 0,
        "jid": jid,
        "fun": "test.ping",
        "fun_args": [],
        "user": "root",
        "_stamp": "2026-11-20T17:13:30.184721",
    }
    # What a master does with a return: an id of its own, the load once more, the return.
    returners[name + "prep_jid"](False, jid)
    try:
        returners[name + "save_load"](jid, ret)
    except Exception:
        pass
    returners[name + "returner"](ret)


def measure():
    stored = 0
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        store(salt.utils.jid.gen_jid(opts))
        stored += 1
    return stored / (time.monotonic() - begin)


store(salt.utils.jid.gen_jid(opts))
print(json.dumps({"jobsPerSecond": measure()}))
