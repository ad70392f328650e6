import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../base/folders.js';
import { writeWholeFile } from '../../base/whole-file.js';
import { needing } from '../support/outside.js';
import { temporaryFolder } from '../support/programs.js';

const unusable = (message: RegExp) =>
  expect.objectContaining({ code: 'FILE_UNUSABLE', message: expect.stringMatching(message) });

describe('a folder', () => {
  it('is made with those above it, for its owner only, and told from one that was there', () => {
    const at = join(temporaryFolder(), 'a', 'b', 'c');
    expect(makeFolder(at)).toBe(true);
    expect(statSync(at).mode & 0o777).toBe(0o700);
    chmodSync(at, 0o755);
    expect(makeFolder(at)).toBe(false);
    expect(statSync(at).mode & 0o777).toBe(0o755);
    expect(makeFolder(`${at}/../d/`)).toBe(true);
  });

  it('that cannot be made is told by what stands in the way', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('nowhere', join(folder, 'link'));
    for (const path of ['file', 'file/a', 'file/a/b'])
      expect(() => makeFolder(join(folder, path))).toThrow(unusable(/\/file is a file, not a folder$/));
    expect(() => makeFolder(join(folder, 'link', 'a'))).toThrow(unusable(/\/link: EEXIST/));
    expect(() => makeFolder(join(folder, 'x'.repeat(300)))).toThrow(unusable(/ENAMETOOLONG/));
    expect(readdirSync(folder).sort()).toEqual(['file', 'link']);
  });

  const linux = needing(process.platform === 'linux', 'Linux');
  it('below /proc is refused, however deep', linux, () => {
    for (const path of ['/proc/x', '/proc/x/y/z', '/proc/self/x', '/dev/null/x'])
      expect(() => makeFolder(path)).toThrow(unusable(/^\/(?:proc|dev)\//));
  });
});

describe('a whole file', () => {
  it('has its mode whatever the umask, and takes the place of the one before', async () => {
    const path = join(temporaryFolder(), 'file');
    const umask = process.umask(0o077);
    try {
      await writeWholeFile(path, 'one', { mode: 0o644 });
    } finally {
      process.umask(umask);
    }
    expect(statSync(path).mode & 0o777).toBe(0o644);
    await writeWholeFile(path, [Buffer.from('tw'), Buffer.from('o')], { mode: 0o600 });
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['two', 0o600]);
  });

  it('of which nothing came leaves no draft', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'taken', 'inside'), { recursive: true });
    await expect(writeWholeFile(join(folder, 'taken'), 'x', { mode: 0o600 })).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(writeWholeFile(join(folder, 'no', 'x'), 'x', { mode: 0o600 })).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect(readdirSync(folder)).toEqual(['taken']);
    expect(existsSync(join(folder, 'taken', 'inside'))).toBe(true);
  });

  it('is written over a draft that was left behind', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'file');
    writeFileSync(`${path}.new`, 'longer than what is to come');
    await writeWholeFile(path, 'short', { mode: 0o600, draft: `${path}.new` });
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['short', ['file']]);
  });
});
