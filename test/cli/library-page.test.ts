import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { watch } from '../support/watched.js';
import { blocksOf } from './documents.js';
import { commandLine, root } from './rollcall.js';

const { folder } = commandLine();

/** Runs examples as a program of its own, in a project that has this one installed. */
async function run(texts: readonly string[]) {
  const cwd = folder();
  mkdirSync(join(cwd, 'node_modules'));
  symlinkSync(root, join(cwd, 'node_modules/rollcall'));
  cpSync(inject('deviceKeyFolder'), join(cwd, '.rollcall/keys'), { recursive: true });
  const names = texts.map((_, at) => `example-${at}.mjs`);
  for (const [at, text] of texts.entries()) writeFileSync(join(cwd, names[at] ?? ''), text);
  writeFileSync(join(cwd, 'all.mjs'), names.map(onItsTurn).join(''));
  return await watch(spawn(process.execPath, ['all.mjs'], { cwd })).ended;
}

/** One after another: what each prints stands behind its mark. */
const onItsTurn = (name: string) => `console.log('${mark}'); await import('./${name}');\n`;
const mark = '--- the next example ---';

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

/** Its tests begin when its program has ended otherwise. */
const runsTests = ({ text }: { readonly text: string }) => text.includes('node:test');

describe.concurrent('the examples for the library', () => {
  it('are all known here, by what they print', () => {
    const headings = examples.map(({ under }) => under.replace("'", '’'));
    expect(headings.toSorted()).toEqual(Object.keys(says).toSorted());
  });

  for (const together of [examples.filter((each) => !runsTests(each)), examples.filter(runsTests)])
    it(`${together.map(({ page, under }) => `${page}, "${under}"`).join('; ')}: they run as they stand, say what they should, and end by themselves`, async () => {
      const { code, out, err } = await run(together.map(({ text }) => text));
      expect({ code, err }, out).toEqual({ code: 0, err: '' });
      const [before, ...printed] = out.split(`${mark}\n`);
      expect([before, printed.length]).toEqual(['', together.length]);
      for (const [at, { under }] of together.entries())
        expect(printed[at], under).toMatch(says[under.replace("'", '’')] ?? /(?!)/);
    });
});
