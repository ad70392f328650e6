import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { insideOf, pidNamespace, type Within } from '../support/namespaces.js';
import { describeIf, has, needing } from '../support/outside.js';
import { commandLine, root, type Started } from './rollcall.js';

const { folder, here, rollcall, start, sharedServer } = commandLine();

/** Something that keeps a folder: `args` begins it in the folder `kept` of `cwd`, `ready` is what it says once it has it. */
interface Keeper {
  readonly args: readonly string[];
  readonly ready: RegExp;
  readonly locked: string;
}

const stub: Keeper = {
  args: ['server', '--port', '0', '--json', '--data', 'kept'],
  ready: /^\{.*\}$/m,
  locked: 'DATA_LOCKED',
};

/** The kinds of keepers, and a folder that each can keep. */
const kinds: readonly (readonly [
  name: string,
  prepare: () => Promise<{ readonly cwd: string; readonly keeper: Keeper }>,
])[] = [
  ['stubs', async () => ({ cwd: folder(), keeper: stub })],
  [
    'devices',
    async () => {
      const { announced, cwd } = await sharedServer();
      const enrolled = ['--server', announced.url, '--ca', 'ca.pem', '--user', 'user1@contoso.example'];
      const args = ['device', '--state', 'kept', ...enrolled];
      return { cwd, keeper: { args, ready: /Ctrl-C ends/, locked: 'STATE_LOCKED' } };
    },
  ],
];

async function begun({ args, ready }: Keeper, cwd: string, within?: Within): Promise<Started> {
  const started = start(args, { cwd, ...(within === undefined ? {} : { within }) });
  await started.says(ready);
  return started;
}

describe.concurrent.each(kinds)('of two %s on one folder', (_, prepare) => {
  it('the second is refused at once and told of the first, also while that is stopped, and owns it as soon as the first is killed', async () => {
    const { cwd, keeper } = await prepare();
    const first = await begun(keeper, cwd);
    const refused = await here(keeper.args, { cwd });
    expect(refused).toMatchObject({ code: 5, out: '' });
    const told = new RegExp(`^rollcall: ${keeper.locked}: process ${first.child.pid} uses kept\n {2}\\S`);
    expect(refused.err).toMatch(told);
    first.child.kill('SIGSTOP');
    expect((await here(keeper.args, { cwd })).err).toContain(keeper.locked);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(existsSync(join(cwd, 'kept', 'owner.pid'))).toBe(true); // what is left of it hinders nobody
    const second = await begun(keeper, cwd);
    expect(readFileSync(join(cwd, 'kept', 'owner.pid'), 'utf8')).toMatch(new RegExp(`^${second.child.pid}\n`));
  });
});

describeIf(has('unshare -p'), 'unshare -p')('in PID namespaces of their own', () => {
  describe.concurrent.each(kinds)('of two %s on one folder', (_, prepare) => {
    it('the second is refused, told that the first is elsewhere, and owns it as soon as the first is killed', async () => {
      const { cwd, keeper } = await prepare();
      const first = await begun(keeper, cwd, pidNamespace);
      const elsewhere = new RegExp(
        `^rollcall: ${keeper.locked}: process 1 on host \\S+, in another container or PID namespace, uses kept\n`,
      );
      for (const second of [
        await rollcall(keeper.args, { cwd, within: pidNamespace }),
        await here(keeper.args, { cwd }),
      ])
        expect(second).toMatchObject({ code: 5, out: '', err: expect.stringMatching(elsewhere) });
      process.kill(insideOf(first.child.pid) ?? 0, 'SIGKILL');
      await first.ended;
      await begun(keeper, cwd, pidNamespace);
    });
  });
});

describe.concurrent('a folder', () => {
  it('whose owner.pid somebody deletes and which another takes is written by the other alone', async () => {
    const { announced, cwd } = await sharedServer();
    const enrolled = ['--server', announced.url, '--ca', 'ca.pem', '--user', 'user1@contoso.example'];
    const first = start(['device', '--state', 'kept', ...enrolled], { cwd });
    await first.says(/Ctrl-C ends/);
    first.child.kill('SIGSTOP'); // else it notices with what it happens to write, and has the file again
    rmSync(join(cwd, 'kept', 'owner.pid'));
    const second = start(['device', '--state', 'kept', '--ca', 'ca.pem'], { cwd });
    await second.says(/Ctrl-C ends/);
    first.child.kill('SIGCONT');
    first.child.stdin.end('rename Mine\n');
    second.child.stdin.end('rename Theirs\nstatus\n');
    expect((await first.ended).out).toMatch(/STATE_UNSAVED[\s\S]*because: process \d+ uses kept/);
    expect((await second.ended).out).toMatch(/^Theirs \(/m);
    const { out } = await here(['device', '--state', 'kept', '--ca', 'ca.pem', '--once', '--json'], { cwd });
    expect(JSON.parse(out)).toMatchObject({ deviceName: 'Theirs' });
  });

  it('whose file system has no locks is refused, in so many words', needing(has('strace'), 'strace'), async () => {
    const cwd = folder();
    const noLocks = ['strace', '-f', '-qq', '-o', '/dev/null', '-P', join(cwd, 'kept', 'owner.pid')];
    const within = [...noLocks, '-e', 'trace=fcntl', '-e', 'inject=fcntl:error=ENOLCK'];
    const { code, err } = await rollcall(stub.args, { cwd, within });
    expect(err).toMatch(
      /^rollcall: FILE_UNUSABLE: kept cannot be kept for one process: its file system has no locks\n {2}.*local/,
    );
    expect(code).toBe(2);
  });
});

/** Takes the folder so many times; while it has it, makes and removes a file that nobody else can have made. */
const contender = `
  import { rmSync, writeFileSync } from 'node:fs';
  import { pathToFileURL } from 'node:url';
  const [lock, folder, times] = process.argv.slice(2);
  const { lockFolder } = await import(pathToFileURL(lock));
  for (let had = 0; had < Number(times); ) {
    let letGo;
    try {
      letGo = lockFolder(folder, (message) => new Error(message));
    } catch (error) {
      if (!/uses|again and again/.test(error.message)) throw error;
      continue;
    }
    writeFileSync(folder + '/inside', '', { flag: 'wx' });
    rmSync(folder + '/inside');
    letGo();
    had++;
  }
`;

it('a folder that several processes take and let go of all the time is never two’s', async () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'contender.mjs'), contender);
  const args = ['contender.mjs', join(root, 'dist/base/folder-lock.js'), cwd, '300'];
  const all = [1, 2, 3, 4].map(() => spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] }));
  const ended = await Promise.all(
    all.map(async (child) => {
      const said: Buffer[] = [];
      child.stderr.on('data', (bytes: Buffer) => said.push(bytes));
      const [code] = await once(child, 'close');
      return { code, said: Buffer.concat(said).toString() };
    }),
  );
  expect(ended).toEqual(all.map(() => ({ code: 0, said: '' })));
});
