import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { nothingRemembered, type Remembered, readRemembered, writeRemembered } from '../../agent/remembered.js';

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-remembered-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it('is what was written, for the owner alone', async () => {
  const folder = emptyFolder();
  expect(readRemembered(folder)).toEqual(nothingRemembered);
  const options: Remembered = { version: 1, user: 'user1', server: 'https://mdm.test', lenient: ['tls'] };
  await writeRemembered(folder, options);
  expect(readRemembered(folder)).toEqual(options);
  expect(statSync(join(folder, 'options.json')).mode & 0o777).toBe(0o600);
});

it.each([
  ['', /^Remove this file/],
  ['null', /^Remove this file/],
  ['[]', /^Remove this file/],
  ['{"version":0}', /^Remove this file/],
  ['{"version":"1"}', /^Remove this file/],
  ['{"version":1,"lenient":["all"]}', /^Remove this file/],
  ['{"version":1,"server":7}', /^Remove this file/],
  ['{"version":2}', /^A later version of rollcall wrote it/],
])('is not %s', (text, hint) => {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'options.json'), text);
  expect(() => readRemembered(folder)).toThrow(
    expect.objectContaining({ code: 'STATE_CORRUPT', hint: expect.stringMatching(hint) }),
  );
});

it('is passed over where a later version put something beside it', () => {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'options.json'), '{"version":1,"user":"a","__proto__":{"allowHttp":true},"more":1}');
  expect(readRemembered(folder)).toEqual({ version: 1, user: 'a' });
});
