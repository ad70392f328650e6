import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { watch } from '../support/watched.js';
import { blocksOf } from './documents.js';
import { commandLine, root } from './rollcall.js';

const { folder } = commandLine();

/** Runs an example as a program of its own, in a project that has this one installed. */
async function run(text: string) {
  const cwd = folder();
  mkdirSync(join(cwd, 'node_modules'));
  symlinkSync(root, join(cwd, 'node_modules/rollcall'));
  cpSync(inject('deviceKeyFolder'), join(cwd, '.rollcall/keys'), { recursive: true });
  writeFileSync(join(cwd, 'example.mjs'), text);
  return await watch(spawn(process.execPath, ['example.mjs'], { cwd })).ended;
}

const says: Readonly<Record<string, RegExp>> = {
  'As a library': /Contoso mail/,
  'A test that closes what it opens': /# pass 1\n# fail 0|ℹ pass 1\nℹ fail 0/,
  'A PC with Windows': /vpn Contoso VPN, email Contoso mail/,
  'An Android device': /email Contoso mail.*\nstarted: /,
  'What the device was told': /Settings done Acknowledged[\s\S]*Reception\n$/,
  'Answering in the device’s place: `decide`': /not on my watch/,
  'Which device it is: `facts` and randomness': /F2LX0001ABCD/,
  Clocks: /type: 'checked-in'/,
  'In the library': /^true\n$/,
  'Over the wire: `trace`': /PUT https:\S+ 200 \d/,
  'A fleet': /^passed\n$/,
};

const examples = ['README.md', 'docs/library.md', 'docs/trace.md'].flatMap((page) =>
  blocksOf(page).flatMap((block) => (block.language === 'ts' ? [{ page, ...block }] : [])),
);

describe.concurrent('the examples for the library', () => {
  it('are all known here, by what they print', () => {
    const headings = examples.map(({ under }) => under.replace("'", '’'));
    expect(headings.toSorted()).toEqual(Object.keys(says).toSorted());
  });

  for (const { page, under, text } of examples)
    it(`${page}, "${under}" runs as it stands, says what it should, and ends by itself`, async () => {
      const { code, out, err } = await run(text);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(says[under.replace("'", '’')] ?? /(?!)/);
    });
});
