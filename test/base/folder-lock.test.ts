import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { baseError, isRollcallError, type Refuse } from '../../base/errors.js';
import { lockFolder } from '../../base/folder-lock.js';
import { makeFolder } from '../../base/folders.js';
import { temporaryFolder } from '../support/programs.js';

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

  it('that was left behind is taken over, whoever it names', () => {
    const folder = temporaryFolder();
    const owners = [`${process.ppid}`, `${process.pid}`, `1\n${hostname()}\npid:[1]\n`, 'nonsense', '', '-1'];
    for (const owner of owners) {
      writeFileSync(join(folder, 'owner.pid'), owner);
      lockFolder(folder, refuse)();
    }
  });

  it('names its process alone where what else stands in the file cannot be shown', () => {
    const folder = temporaryFolder();
    lockFolder(folder, refuse);
    for (const text of ['x', '12345678901234', '\u001b[2J', ''])
      expect(refusedBy(folder, text)).toEqual({ message: `another process uses ${folder}`, details: {} });
    expect(refusedBy(folder, '17\n\u001b[2J\n')).toEqual({
      message: `process 17 uses ${folder}`,
      details: { owner: 17 },
    });
    expect(refusedBy(folder, '17\nhost-1\npid:[1]')).toEqual({
      message: `process 17 on host host-1, in another container or PID namespace, uses ${folder}`,
      details: { owner: 17, host: 'host-1' },
    });
  });

  it('whose file is deleted is made anew before the next write', () => {
    const folder = temporaryFolder();
    const lock = lockFolder(folder, refuse);
    rmSync(join(folder, 'owner.pid'));
    lock.assertHeld();
    expect(() => lockFolder(folder, refuse)).toThrow(`process ${process.pid} uses`);
    lock();
    lockFolder(folder, refuse)();
  });

  it('whose file was deleted, and that somebody else has by now, is noticed before the next write', () => {
    const folder = temporaryFolder();
    const lock = lockFolder(folder, refuse);
    rmSync(join(folder, 'owner.pid'));
    const next = lockFolder(folder, refuse);
    expect(() => lock.assertHeld()).toThrow(`process ${process.pid} uses`);
    expect(() => lock.assertHeld()).toThrow(`process ${process.pid} uses`); // it stays so
    expect(() => lockFolder(folder, refuse)).toThrow(); // and nothing is taken from the other
    next.assertHeld();
    next();
    expect(() => lock.assertHeld()).toThrow(`process ${process.pid} uses`); // what the other wrote is newer
    lock();
    lockFolder(folder, refuse)();
  });

  it('is not inherited by child processes', async () => {
    const folder = temporaryFolder();
    const lock = lockFolder(folder, refuse);
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    lock();
    lockFolder(folder, refuse)();
    child.stdin.end();
    await once(child, 'close');
  });

  it('follows no symbolic link', () => {
    const [folder, other] = [temporaryFolder(), temporaryFolder()];
    symlinkSync(join(other, 'theirs'), join(folder, 'owner.pid'));
    expect(() => lockFolder(folder, refuse)).toThrow(expect.objectContaining({ code: 'FILE_UNUSABLE' }));
    expect(readdirSync(other)).toEqual([]);
  });

  it('holds in a folder whose path is as long as paths may be', () => {
    let folder = temporaryFolder();
    while (folder.length < 3900) folder = join(folder, 'x'.repeat(100));
    makeFolder(folder);
    const lock = lockFolder(folder, refuse);
    expect(() => lockFolder(folder, refuse)).toThrow();
    lock();
  });

  it('that was let go of twice is not taken from its next owner', () => {
    const folder = temporaryFolder();
    const letGo = lockFolder(folder, refuse);
    letGo();
    const next = lockFolder(folder, refuse);
    letGo();
    expect(() => lockFolder(folder, refuse)).toThrow();
    next();
  });
});

function refusedBy(folder: string, text: string): { message: string; details: unknown } {
  writeFileSync(join(folder, 'owner.pid'), text);
  try {
    lockFolder(folder, refuse)();
  } catch (error) {
    if (isRollcallError(error)) return { message: error.message, details: error.details };
  }
  throw new Error('it was not refused');
}
