// Stands in the place of a charm's program and runs it, with the compiled form that was made when the charm
// was built. V8 takes that only if it was made by this very Node, and compiles the source itself otherwise.
'use strict';

const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');

const program = __filename.slice(0, -'.cjs'.length);

function compiled() {
  try {
    return readFileSync(`${program}.cache`);
  } catch {
    return undefined;
  }
}

const source = readFileSync(`${program}.js`, 'latin1');
const script = new Script(source, { filename: `${program}.js`, cachedData: compiled() });
script.runInThisContext()(exports, require, module, __filename, __dirname);
