// The first module of the command: its own version wherever it runs, and a sentence for a Node that is too old.
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { commandLine, root } from './rollcall.js';

const { folder, here, rollcall, start } = commandLine();
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

it('says its own version in a folder of another package, and by a link to it', async () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'package.json'), '{"name":"other","version":"9.9.9"}');
  symlinkSync(join(root, 'dist/cli.js'), join(cwd, 'linked.js'));
  for (const word of ['--version', '-V']) expect((await rollcall([word], { cwd })).out).toBe(`rollcall ${version}\n`);
  const linked = start([], { cwd, within: [process.execPath, join(cwd, 'linked.js'), '--version'] });
  expect((await linked.ended).out).toBe(`rollcall ${version}\n`);
});

it('shows help for -h as for --help', async () => {
  const [short, long] = await Promise.all([here(['device', '-h']), rollcall(['device', '--help'])]);
  expect(short).toMatchObject({ code: 0, out: long.out });
});

it.each(['18.19.0', '20.18.3'])('tells Node %s that it is too old, and what is needed', async (old) => {
  const cwd = folder();
  writeFileSync(join(cwd, 'old.mjs'), `Object.defineProperty(process.versions, 'node', { value: '${old}' });`);
  const env = { NODE_OPTIONS: `--import ${pathToFileURL(join(cwd, 'old.mjs'))}` };
  expect(await rollcall(['device', '--help'], { cwd, env })).toMatchObject({
    code: 2,
    out: '',
    err: `rollcall needs Node 20.19 or later; this is ${old}\n`,
  });
});

it('begins with what an old Node reads: nothing but what it has, and one file of ours', () => {
  const entry = readFileSync(join(root, 'dist/cli.js'), 'utf8');
  const imports = [...entry.matchAll(/^import .* from '([^']+)'/gm)].map(([, from]) => from);
  expect(imports).toEqual(['node:fs', './base/terminal.js']);
  expect(readFileSync(join(root, 'dist/base/terminal.js'), 'utf8')).not.toMatch(/^import /m);
});

it('a folder of its own ignores itself in git, and is not left by a mistake', async () => {
  const cwd = folder();
  await here(['smoke', '--server', 'notaurl'], { cwd });
  expect(existsSync(join(cwd, '.rollcall'))).toBe(false);
  const { says, child, ended } = start(['server', '--port', '0'], { cwd });
  await says(/Ctrl-C stops it/);
  child.kill('SIGINT');
  await ended;
  expect(readFileSync(join(cwd, '.rollcall/.gitignore'), 'utf8')).toBe('*\n');
});
