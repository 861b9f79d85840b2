// Makes programs of a later release run on this machine: each is told to take the loader and the libraries that came
// with it, as the machine's are too old for it. What such a program starts goes on with the machine's.

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

const elf = Buffer.from('\u007fELF', 'latin1');

function isElf(path: string): boolean {
  const first = Buffer.alloc(elf.length);
  const file = openSync(path, 'r');
  try {
    readSync(file, first);
  } finally {
    closeSync(file);
  }
  return first.equals(elf);
}

/** The loader of a tree of packages, as `usr/lib/x86_64-linux-gnu` and `ld-linux-x86-64.so.2`. */
function findLoader(tree: string): { readonly libraries: string; readonly loader: string } {
  for (const name of readdirSync(join(tree, 'usr/lib'))) {
    if (!name.includes('-linux-')) continue;
    const libraries = join('usr/lib', name);
    const loader = readdirSync(join(tree, libraries)).find((one) =>
      /^ld(?:64|-linux[\w-]*)\.so\.\d+$/u.test(one),
    );
    if (loader !== undefined) return { libraries, loader };
  }
  throw new Error(`the packages have no loader below ${join(tree, 'usr/lib')}`);
}

/**
 * Changes every program in a directory of `tree`, which has patchelf and the libraries too. They run once the tree is
 * at `place`. Throws where patchelf can't.
 */
export function useOwnLibraries(tree: string, programs: string, place: string): void {
  const names = readdirSync(join(tree, programs)).map((name) => join(tree, programs, name));
  const files = names.filter(isElf);
  if (files.length === 0) return;
  const { libraries, loader } = findLoader(tree);
  // An rpath, as opposed to a runpath, is also for the libraries of libraries, and for those that are loaded later.
  const change = [
    '--set-interpreter',
    join(place, libraries, loader),
    '--force-rpath',
    '--set-rpath',
    join(place, libraries),
  ];
  const patchelf = ['--library-path', join(tree, libraries), join(tree, 'usr/bin/patchelf')];
  const done = spawnSync(join(tree, libraries, loader), [...patchelf, ...change, ...files], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (done.status !== 0) {
    throw new Error(`patchelf: ${done.error?.message ?? done.stderr.trim()}`);
  }
}
