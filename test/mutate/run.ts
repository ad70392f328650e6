// npm run mutate [-- RULE...]: does the test of each rule notice when the rule is broken? Each mutation of test/rules/mutations.json is made in
// a copy of the sources, that rule's test is run there, and it must fail.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Mutation {
  readonly file: string;
  readonly find: string;
  readonly put: string;
  readonly why: string;
}
type Outcome = 'noticed' | 'NOT NOTICED' | 'the text is not there once';

/** This file is compiled to dist/test/mutate. */
const root = resolve(fileURLToPath(new URL('.', import.meta.url)), '../../..');
const sources = [
  ...['base', 'protocol', 'agent', 'server-stub', 'fleet', 'test', 'docs', 'scenarios'],
  ...['index.ts', 'package.json', 'tsconfig.json', 'vitest.config.ts'],
];

/** A test that waits for what a mutation prevents is given up after so long. */
const waitsMs = 120_000;

/** Whether the tests of these rules pass there. */
function pass(rules: readonly string[], folder: string, more: readonly string[] = []): Promise<boolean> {
  return new Promise((done, failed) => {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const files = rules.map((rule) => `test/rules/${rule}.test.ts`);
    const cached = ['--experimental.fsModuleCache', `--experimental.fsModuleCachePath=${join(folder, 'cache')}`];
    const args = [vitest, 'run', ...files, '--reporter=dot', '--bail=1', ...more, ...cached];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
    const end = () => child.kill();
    process.once('exit', end);
    child.on('error', failed);
    child.on('exit', (code) => {
      process.off('exit', end);
      done(code === 0);
    });
  });
}

async function tried(rule: string, { file, find, put }: Mutation, folder: string): Promise<Outcome> {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(find).length !== 2) return 'the text is not there once';
  writeFileSync(
    path,
    text.replace(find, () => put),
  );
  try {
    return (await pass([rule], folder, [`--testTimeout=${waitsMs}`])) ? 'NOT NOTICED' : 'noticed';
  } finally {
    writeFileSync(path, text);
  }
}

async function main(asked: readonly string[]): Promise<number> {
  const mutations: Record<string, Mutation> = JSON.parse(
    readFileSync(join(root, 'test', 'rules', 'mutations.json'), 'utf8'),
  );
  const unknown = asked.filter((rule) => !Object.hasOwn(mutations, rule));
  if (unknown.length > 0 || asked.includes('--help')) {
    process.stderr.write(
      `usage: npm run mutate [-- RULE...], such as npm run mutate -- A9 C5\nrules: ${Object.keys(mutations).join(' ')}\n`,
    );
    return asked.includes('--help') ? 0 : 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-mutate-'));
  const tidy = () => rmSync(folder, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      tidy();
      process.exit(130);
    });
  }
  try {
    for (const name of sources) cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const rules = asked.length > 0 ? asked : Object.keys(mutations);
    process.stderr.write('without a mutation ...\n');
    if (!(await pass(rules, folder))) {
      process.stderr.write('the tests fail without a mutation: mend them first\n');
      return 1;
    }
    let missed = 0;
    for (const [index, rule] of rules.entries()) {
      const mutation = mutations[rule];
      if (mutation === undefined) continue;
      process.stderr.write(`${index + 1}/${rules.length} ${rule} ...\n`);
      const outcome = await tried(rule, mutation, folder);
      if (outcome !== 'noticed') missed++;
      process.stdout.write(`${rule}: ${outcome}: ${mutation.why} (${mutation.file})\n`);
    }
    process.stdout.write(missed === 0 ? `all ${rules.length} noticed\n` : `${missed} of ${rules.length} not shown\n`);
    return missed === 0 ? 0 : 1;
  } finally {
    tidy();
  }
}

process.exitCode = await main(process.argv.slice(2));
