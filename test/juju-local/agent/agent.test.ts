import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import * as fc from 'fast-check';

import { findHookScript } from '#juju-local/agent/hook-script.ts';
import { LineSplitter, OutputCollector } from '#juju-local/agent/output-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'ja-'));
after(() => rmSync(folder, { recursive: true }));

test('lines are the same however the output is cut into chunks', () => {
  const line = fc.string().map((text) => text.replaceAll('\n', ''));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(10)), (lines, cuts) => {
      const output = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const seen: string[] = [];
      const splitter = new LineSplitter((text) => seen.push(text));
      let at = 0;
      for (const cut of cuts) {
        splitter.push(output.subarray(at, at + cut));
        at += cut;
      }
      splitter.push(output.subarray(at));
      splitter.finish();
      const whole = output.toString('utf8').split('\n').slice(0, -1);
      assert.deepEqual(seen, whole);
    }),
  );
});

test('a line without end is passed on in pieces, and a last one without newline at the end', () => {
  const seen: number[] = [];
  const splitter = new LineSplitter((text) => seen.push(text.length));
  splitter.push(Buffer.alloc(150_000, 'x'));
  splitter.finish();
  splitter.finish();
  assert.deepEqual(seen, [65_536, 65_536, 18_928]);
});

test('a result is kept up to its limit', () => {
  const collector = new OutputCollector();
  for (let count = 0; count < 5; count += 1) collector.push(Buffer.alloc(4 * 1024 * 1024));
  assert.equal(collector.bytes.length, 16 * 1024 * 1024);
});

function charm(name: string, files: Readonly<Record<string, readonly [string, number]>>): string {
  const root = join(folder, name);
  for (const [path, [content, mode]] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content, { mode });
  }
  return root;
}

const metadata = { 'metadata.yaml': ['', 0o644] } as const;

test('E1 to E5: the handler is dispatch, else a file of the name; it must be there and able to run', () => {
  const find = (root: string, kind: 'hooks' | 'actions' = 'hooks'): string => {
    const script = findHookScript(root, kind, 'x');
    if (script.kind === 'found') return `${script.file.slice(root.length)} ${script.how}`;
    return script.kind === 'missing' ? 'missing' : script.message.replace(root, '');
  };
  const run = ['#!/bin/sh\n', 0o755] as const;
  assert.match(find(charm('a', {})), /^charm missing from disk/u);
  const both = { ...metadata, dispatch: run, 'hooks/x': run };
  assert.equal(find(charm('b', both)), '/dispatch via hook dispatching script: dispatch');
  const old = { ...metadata, 'hooks/x': run, 'actions/x': run };
  assert.equal(find(charm('c', old)), '/hooks/x via explicit, bespoke hook script');
  assert.equal(find(charm('c', old), 'actions'), '/actions/x via explicit, bespoke hook script');
  assert.equal(find(charm('d', metadata)), 'missing');
  const dull = { ...metadata, dispatch: ['#!/bin/sh\n', 0o644] } as const;
  assert.equal(find(charm('e', dull)), 'exec: "/dispatch": permission denied');
  const text = { ...metadata, dispatch: ['exit 0\n', 0o755] } as const;
  assert.match(find(charm('f', text)), /exec format error$/u);
  const tree = { ...metadata, 'dispatch/file': run };
  assert.equal(find(charm('g', tree)), 'exec: "/dispatch": is a directory');
  const binary = { ...metadata, dispatch: ['\u007FELF', 0o755] } as const;
  assert.match(find(charm('h', binary)), /^\/dispatch via/u);
});
