// Runs a charm's program once and keeps what V8 compiled of it. Only the build runs this.
//
//   node <the flags of dispatch> warm-program.cjs PROGRAM.js
'use strict';

const { readFileSync, writeFileSync } = require('node:fs');
const { dirname } = require('node:path');
const { Script } = require('node:vm');

const file = process.argv[2] ?? '';
const script = new Script(readFileSync(file, 'latin1'), { filename: file });
process.on('exit', () => {
  writeFileSync(file.replace(/\.js$/u, '.cache'), script.createCachedData());
  process.exitCode = 0;
});
script.runInThisContext()({}, require, { exports: {} }, file, dirname(file));
