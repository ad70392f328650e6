#!/usr/bin/env node
// The first module of the command: it is read by a Node that is too old for the others, and says so.
import { readFileSync } from 'node:fs';
import { print } from './base/terminal.js';

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
}

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest;
const numbersOf = (version: string): number[] => (version.match(/\d+/g) ?? []).map(Number);
const [major = 0, minor = 0] = numbersOf(manifest.engines.node);
const [ownMajor = 0, ownMinor = 0] = numbersOf(process.versions.node);

if (ownMajor > major || (ownMajor === major && ownMinor >= minor))
  await (await import('./main.js')).main(manifest.version);
else {
  print(process.stderr, `rollcall needs Node ${major}.${minor} or later; this is ${process.versions.node}\n`);
  process.exitCode = 2;
}
