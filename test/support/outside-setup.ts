// What of the outside judges, and of the rights that tests need, is missing on this machine: found out once a run.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { type Right, rights } from './namespaces.js';

/** Programs that judge what we write or that tests are built with, and the folders of other people's bytes beside the project. */
const programs = [
  'curl',
  'gcc',
  'mosquitto',
  'mosquitto_pub',
  'mosquitto_sub',
  'openssl',
  'pki',
  'python3',
  'strace',
  'wbxml2xml',
  'xmllint',
  'xmlsec1',
] as const;
const folders = {
  '../shared/fixtures': '../../../shared/fixtures',
  '../shared/schema': '../../../shared/schema',
} as const;

export type Program = (typeof programs)[number];
export type Outside = Program | Right | keyof typeof folders;

declare module 'vitest' {
  interface ProvidedContext {
    missing: readonly Outside[];
  }
}

/** With CI=true nothing is skipped: what is missing is said, its tests fail by themselves, and so does the run. */
export default function setUp(project: TestProject): (() => void) | undefined {
  const missing: Outside[] = [
    // Most tell their version, mosquitto refuses that and ends: either way it is there, and none of them goes on running.
    ...programs.filter((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error !== undefined),
    ...(Object.keys(rights) as Right[]).filter((name) => !rights[name]()),
    ...(Object.keys(folders) as (keyof typeof folders)[]).filter(
      (name) => !existsSync(fileURLToPath(new URL(folders[name], import.meta.url))),
    ),
  ];
  const isCi = process.env['CI'] === 'true';
  project.provide('missing', isCi ? [] : missing);
  if (!isCi || missing.length === 0) return undefined;
  process.stderr.write(`CI=true, so no test is skipped, though these are missing: ${missing.join(', ')}\n`);
  return () => {
    process.exitCode = 1;
  };
}
