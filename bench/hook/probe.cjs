// Loaded before a program of the charm (`node --require`): notes where its time goes, and at its end adds
// one line of JSON to the file BENCH_PROBE names. CommonJS and nothing loaded that is not needed, since
// its own time counts too. What it slows is measured apart from the figures that are compared.
'use strict';

const childProcess = require('node:child_process');
const { appendFileSync } = require('node:fs');
const { basename } = require('node:path');

const file = process.env['BENCH_PROBE'];
const began = performance.now();
const note = {
  program: basename(process.argv[1] ?? ''),
  /** Node's own start, up to here, in milliseconds. */
  startMs: began,
  endMs: 0,
  /** Programs that were waited for: name, milliseconds. */
  programs: [],
  /** Milliseconds in which an answer of PostgreSQL was waited for. */
  databaseMs: 0,
};

const { ChildProcess, spawnSync } = childProcess;

// The hook waits for its tools and programs one by one.
childProcess.spawnSync = (command, args, options) => {
  const isNode = command === process.execPath;
  const env = {
    ...options.env,
    ...(isNode ? { NODE_OPTIONS: process.env['NODE_OPTIONS'], BENCH_PROBE: file } : {}),
  };
  const from = performance.now();
  const done = spawnSync(command, args, { ...options, env });
  note.programs.push([
    isNode ? basename(args.find((argument) => !argument.startsWith('-')) ?? '') : command,
    performance.now() - from,
  ]);
  return done;
};

// What pg-setup starts, it waits for as well.
const { spawn } = ChildProcess.prototype;
ChildProcess.prototype.spawn = function probed(options) {
  const from = performance.now();
  this.once('exit', () => note.programs.push([basename(options.file), performance.now() - from]));
  return spawn.call(this, options);
};

// From a write to the next thing that comes back: one request of PostgreSQL's protocol.
require('node:diagnostics_channel').subscribe('net.client.socket', ({ socket }) => {
  let from = performance.now();
  const answered = () => {
    if (from !== null) note.databaseMs += performance.now() - from;
    from = null;
  };
  // Not before it is connected: connecting puts a socket's own `write` back.
  socket.prependOnceListener('connect', () => {
    answered();
    const { write } = socket;
    socket.write = (...args) => {
      from ??= performance.now();
      return write.apply(socket, args);
    };
  });
  socket.prependListener('data', answered);
});

process.on('exit', () => {
  note.endMs = performance.now();
  appendFileSync(file, `${JSON.stringify(note)}\n`);
});
