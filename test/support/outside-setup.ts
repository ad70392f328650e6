// What of the outside judges is missing on this machine: found out once a run.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

/** Programs that judge what we write, and the folders of other people's bytes beside the project. */
const programs = ['curl', 'openssl', 'pki', 'python3', 'xmllint'] as const;
const folders = {
  '../shared/fixtures': '../../../shared/fixtures',
  '../shared/schema': '../../../shared/schema',
} as const;

export type Program = (typeof programs)[number];
export type Outside = Program | keyof typeof folders;

declare module 'vitest' {
  interface ProvidedContext {
    missing: readonly Outside[];
  }
}

/** Throws where CI=true and something is missing: there nothing is skipped. */
export default function setUp(project: TestProject): void {
  const missing: Outside[] = [
    ...programs.filter((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error !== undefined),
    ...(Object.keys(folders) as (keyof typeof folders)[]).filter(
      (name) => !existsSync(fileURLToPath(new URL(folders[name], import.meta.url))),
    ),
  ];
  if (missing.length > 0 && process.env['CI'] === 'true') {
    throw new Error(`CI=true, and these are missing, without which tests would be skipped: ${missing.join(', ')}`);
  }
  project.provide('missing', missing);
}
