// What a Salt master hands its job cache for one test.ping of one minion.

import type { PythonValue } from '#salt-job-cache/src/value/python-value.ts';

type Dict = Readonly<Record<string, PythonValue>>;

export function publishLoad(jid: string): Dict {
  return {
    cmd: 'publish',
    tgt: 'minion1',
    fun: 'test.ping',
    arg: [],
    tgt_type: 'glob',
    ret: '',
    jid,
    user: 'root',
    kwargs: { show_timeout: true, show_jid: false, delimiter: ':' },
  };
}

export function minionReturn(jid: string, minion: string): Dict {
  return {
    cmd: '_return',
    id: minion,
    success: true,
    return: true,
    retcode: 0,
    jid,
    fun: 'test.ping',
    fun_args: [],
    user: 'root',
    _stamp: '2026-11-20T17:13:30.184721',
  };
}
