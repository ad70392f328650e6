import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';

/** True when the program can be started at all. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** A suite judged by an outside program: skipped by name where it is missing, but run (and failing) with CI=true. */
export const describeWith = (program: string): typeof describe.skip =>
  hasProgram(program) || process.env['CI'] === 'true' ? describe : describe.skip;

/** Runs openssl; throws with its standard error when it refuses. */
export function openssl(args: readonly string[], input?: Uint8Array): Buffer {
  return execFileSync('openssl', args, { input: input ?? Buffer.alloc(0), stdio: ['pipe', 'pipe', 'pipe'] });
}

/** A folder of this test's own, removed when it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
