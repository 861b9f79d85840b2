// Answers the calls that come over the controller's socket.

import { serveJson } from '#adapters/net/json-server.ts';
import type { JsonReply, JsonRequest } from '#adapters/net/json-server.ts';
import type { Listener } from '#adapters/net/unix-listener.ts';
import { ModelError } from '#core/juju/model-error.ts';

import type { CallError, FaultInput, Ping } from '../api/calls.ts';
import {
  fieldsOf,
  flag,
  number,
  oneOf,
  optionalNumber,
  optionalText,
  text,
  texts,
} from '../api/fields.ts';
import type { Fields } from '../api/fields.ts';
import { Channel } from '../state/channel.ts';
import type { ModelEvent } from '../state/model-events.ts';
import { matches } from '../state/model-log.ts';
import type { LogLine, LogQuery } from '../state/model-log.ts';
import { UserError } from '../user-error.ts';
import type { Controller } from './controller.ts';
import { modelCalls } from './model-calls.ts';
import type { Handler } from './model-calls.ts';
import { describeError } from './own-log.ts';

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;

const faultKinds: readonly FaultInput['kind'][] = [
  'stop-machine',
  'start-machine',
  'pause-machine',
  'resume-machine',
  'isolate-machine',
  'reconnect-machine',
  'reboot-machine',
  'expire-lease',
  'fail-hook',
  'stop-controller',
  'start-controller',
  'restart-agent',
];

/** What ends the controller is for the process around it to do. */
export interface ServerHooks {
  readonly onStop: () => void;
  readonly onDestroy: (callerPid: number) => Promise<void>;
}

export async function serve(controller: Controller, hooks: ServerHooks): Promise<Listener> {
  // One change at a time: what a call looked at is still so when it changes it.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve();
    }
  };
  return serveJson(
    controller.layout.controllerSocket,
    async (request) => {
      try {
        return await answer(controller, hooks, request, inTurn);
      } catch (error) {
        return { kind: 'value', status: 400, value: toCallError(error, controller) };
      }
    },
    (error) => controller.reportError(error),
  );
}

async function answer(
  controller: Controller,
  hooks: ServerHooks,
  request: JsonRequest,
  inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>,
): Promise<JsonReply> {
  const fields = fieldsOf(request.body);
  switch (request.name) {
    case 'ping':
      return value(ping(controller));
    case 'model':
      return value(controller.book.model);
    case 'idleness':
      return value(controller.turns.idleness);
    case 'events':
      return { kind: 'stream', lines: followEvents(controller, request.signal) };
    case 'log':
      return { kind: 'stream', lines: followLog(controller, fields, request.signal) };
    case 'fault':
      await controller.faults.inflict(readFault(fields));
      return value({ ok: true });
    case 'stop':
      hooks.onStop();
      return value({ ok: true });
    case 'destroy':
      await hooks.onDestroy(number(fields, 'callerPid'));
      return value({ ok: true });
    default:
      return value(await inTurn(async () => changeModel(controller, request.name, fields)));
  }
}

async function changeModel(controller: Controller, name: string, fields: Fields): Promise<unknown> {
  const handlers: Readonly<Record<string, Handler>> = modelCalls;
  const call = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
  if (call === undefined) {
    throw new UserError(
      `unknown call "${name}"`,
      'Restart the controller: it is of another version.',
    );
  }
  if (controller.controllerStopped) {
    throw new UserError(
      'the controller is stopped by a fault',
      'Start it again with "juju-local fault controller start".',
    );
  }
  return await call(controller, fields);
}

function value(result: unknown): JsonReply {
  return { kind: 'value', status: 200, value: result };
}

function ping(controller: Controller): Ping {
  const { uuid, name, jujuVersion } = controller.book.model;
  return {
    pid: process.pid,
    stateDir: controller.layout.stateDir,
    modelName: name,
    modelUuid: uuid,
    jujuVersion,
    apiAddress: controller.networks.apiAddress,
  };
}

/** What a user can mend travels as it is; anything else is logged here and told in general terms. */
function toCallError(error: unknown, controller: Controller): CallError {
  if (error instanceof ModelError || error instanceof UserError) {
    return { error: { message: error.message, hint: error.hint } };
  }
  controller.reportError(error);
  const [firstLine = ''] = describeError(error).split('\n');
  return {
    error: {
      message: `the controller failed: ${firstLine}`,
      hint: `Its log has the whole story: ${controller.layout.controllerLog}.`,
    },
  };
}

async function* followEvents(
  controller: Controller,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void, undefined> {
  const channel = new Channel<ModelEvent>();
  // The first line tells the reader that from now on it misses nothing.
  channel.push({ kind: 'changed', at: controller.clock.now() });
  const unsubscribe = controller.book.subscribe((events) => {
    for (const event of events) channel.push(event);
  });
  const noIdle = controller.turns.onIdle(() =>
    channel.push({ kind: 'idle', at: controller.clock.now() }),
  );
  signal.addEventListener('abort', () => channel.close(), { once: true });
  try {
    yield* channel;
  } finally {
    unsubscribe();
    noIdle();
  }
}

async function* followLog(
  controller: Controller,
  fields: Fields,
  signal: AbortSignal,
): AsyncGenerator<LogLine, void, undefined> {
  const query = readLogQuery(fields);
  const channel = new Channel<LogLine>();
  const follow = flag(fields, 'follow');
  const unsubscribe = follow
    ? controller.log.follow((line) => {
        if (matches(line, query)) channel.push(line);
      })
    : () => undefined;
  signal.addEventListener('abort', () => channel.close(), { once: true });
  try {
    // Read in the same breath as the subscription, so no line is missed and none comes twice.
    yield* controller.log.read(query);
    if (follow) yield* channel;
  } finally {
    unsubscribe();
  }
}

function readLogQuery(fields: Fields): LogQuery {
  return {
    afterId: number(fields, 'afterId'),
    level: oneOf(fields, 'level', levels),
    include: texts(fields, 'include'),
    exclude: texts(fields, 'exclude'),
    last: optionalNumber(fields, 'last'),
  };
}

function readFault(fields: Fields): FaultInput {
  return {
    kind: oneOf(fields, 'kind', faultKinds),
    target: text(fields, 'target'),
    atTool: number(fields, 'atTool'),
    signal: optionalText(fields, 'signal'),
    exit: optionalNumber(fields, 'exit'),
  };
}
