import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { baseError, type Refuse } from '../../base/errors.js';
import { lockFolder } from '../../base/folder-lock.js';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const refuse: Refuse = (message, context) => baseError('INTERRUPTED', message, context);

describe('a folder lock', () => {
  it('is held by one at a time, and names its owner to the other', () => {
    const folder = temporaryFolder();
    const letGo = lockFolder(folder, refuse);
    expect(statSync(join(folder, 'owner.pid')).mode & 0o777).toBe(0o600);
    expect(() => lockFolder(folder, refuse)).toThrow(
      expect.objectContaining({ code: 'INTERRUPTED', details: { owner: process.pid } }),
    );
    letGo();
    expect(existsSync(join(folder, 'owner.pid'))).toBe(false);
    lockFolder(folder, refuse)();
  });

  it('of a process that is there is respected', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'owner.pid'), String(process.ppid));
    expect(() => lockFolder(folder, refuse)).toThrow(`process ${process.ppid} uses ${folder}`);
  });

  it('that was left behind is taken over', () => {
    const folder = temporaryFolder();
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    for (const owner of [String(ended), '4194304999', 'nonsense', '', '0', '-1', String(process.pid)]) {
      writeFileSync(join(folder, 'owner.pid'), owner);
      lockFolder(folder, refuse)();
    }
  });

  it('that was let go of twice is not taken from its next owner', () => {
    const folder = temporaryFolder();
    const letGo = lockFolder(folder, refuse);
    letGo();
    writeFileSync(join(folder, 'owner.pid'), String(process.ppid));
    letGo();
    expect(existsSync(join(folder, 'owner.pid'))).toBe(true);
  });
});
