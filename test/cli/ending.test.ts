import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { childrenOf, commandLine, isAlive, root, untilGone } from './rollcall.js';

const { folder, folderWithKeys, here, start } = commandLine();

const slowScenario = `
name: ending
devices: { ios: 4 }
authority: office365
keys: { pool: 2 }
steps:
  - enroll: {}
  - check-in: { name: slow, over: 1h }
  - leave: {}
`;

/** A run of it that is in its slow step, and the process of its embedded stub. */
async function startRun(args: readonly string[] = []) {
  const cwd = folderWithKeys();
  writeFileSync(join(cwd, 'ending.yaml'), slowScenario);
  const started = start(['fleet', 'run', 'ending.yaml', ...args], { cwd });
  await started.says(/enroll +4\/4/);
  const children = childrenOf(started.child.pid);
  const engines = children.filter((pid) => /engine\.js/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')));
  const [stub] = children.filter((pid) => !engines.includes(pid));
  if (stub === undefined) throw new Error('there is no embedded stub');
  return { ...started, stub, engines, cwd };
}

describe.concurrent('a fleet run that is stopped', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s tells what it measured, exits with %d and leaves no process', async (signal, code) => {
    const { child, ended, stub } = await startRun(['--json']);
    child.kill(signal);
    const { code: actual, out, err } = await ended;
    expect(actual).toBe(code);
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'interrupted',
      steps: [{ name: 'enroll', count: 4 }, { name: 'slow' }, { name: 'leave', count: 0 }],
    });
    expect(err).not.toMatch(/\n\s+at /);
    expect(isAlive(stub)).toBe(false);
  });

  it('twice ends at once, and its stub soon after', async () => {
    const { child, ended, stub } = await startRun();
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect([130, 143]).toContain((await ended).code);
    await untilGone(stub);
  });

  it('while it prepares has nothing to tell', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'ending.yaml'), slowScenario.replace('pool: 2', 'pool: 4'));
    const { says, child, ended } = start(['fleet', 'run', 'ending.yaml'], { cwd });
    await says(/at https:/);
    const [stub = 0] = childrenOf(child.pid);
    child.kill('SIGINT');
    const { code, out, err } = await ended;
    expect(code).toBe(130);
    expect(out === '' ? err : out).toMatch(/stopped on request|interrupted/);
    await untilGone(stub);
  });
});

describe.concurrent('a fleet run whose stub dies', () => {
  it('in the middle ends at once, incomplete, and says so', async () => {
    const { ended, stub } = await startRun();
    process.kill(stub, 'SIGKILL');
    const { code, out, err } = await ended;
    expect(code).toBe(4);
    expect(out).toMatch(/^enroll +4 +0/m);
    expect(out).toMatch(/ending: incomplete in [\s\S]*AUTHORITY_LOST: the embedded authority was ended by SIGKILL/);
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe.concurrent('a fleet run with engines of its own', () => {
  it('goes on without one that was killed, says so, and takes the others along when it is stopped', async () => {
    const { child, says, ended, stub, engines } = await startRun(['--processes', '2', '--out', 'out']);
    const [first = 0, second = 0] = engines;
    process.kill(first, 'SIGKILL');
    await says(/engine \d is lost: its process was ended by SIGKILL/);
    child.kill('SIGINT');
    const { code, out } = await ended;
    expect(code).toBe(130);
    expect(out).toMatch(/engine \d of 2 with 2 devices was lost: its process was ended by SIGKILL/);
    expect([second, stub].filter(isAlive)).toEqual([]);
  });

  it('leaves none of them and no stub when it is killed outright, and a log that can be read', async () => {
    const { child, cwd, ended, stub, engines } = await startRun(['--processes', '2', '--out', 'out']);
    expect(engines).toHaveLength(2);
    child.kill('SIGKILL');
    await ended;
    await Promise.all([...engines, stub].map(untilGone));
    const { code, out } = await here(['fleet', 'report', 'out'], { cwd });
    expect(code).toBe(0);
    expect(out).toMatch(/ending: incomplete/);
  });
});

describe.concurrent('thresholds that are missed', () => {
  it('make exit code 99', async () => {
    const cwd = folderWithKeys();
    writeFileSync(
      join(cwd, 's.yaml'),
      'name: s\ndevices: { ios: 1 }\nkeys: { pool: 1 }\nsteps: [{ enroll: {} }]\nthresholds: ["enroll.p99 < 1ms"]\n',
    );
    const { code, out, err } = await here(['fleet', 'run', 's.yaml', '--quiet'], { cwd });
    expect({ code, err }).toEqual({ code: 99, err: '' });
    expect(out).toMatch(/^MISSED {2}enroll\.p99 < 1ms {3}\(.*\)$/m);
  });
});

describe.concurrent('output that nobody reads', () => {
  it.skipIf(process.platform === 'win32')('ends the command quietly', () => {
    const command = `"${process.execPath}" "${join(root, 'dist/cli.js')}"`;
    const { stdout, stderr } = spawnSync('sh', ['-c', `${command} fleet plan scenarios/switch.yaml | head -1`], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/^switch: /);
    expect(stderr).toBe('');
  });
});

describe('a command of which a thread waits for what does not answer', () => {
  it('ends when it is told to all the same', async () => {
    const cwd = folder();
    const pipe = join(cwd, 'pipe'); // to open it for reading is to wait for somebody who writes
    execFileSync('mkfifo', [pipe]);
    const waiting = join(cwd, 'waiting.mjs');
    writeFileSync(waiting, `import { open } from 'node:fs'; open(${JSON.stringify(pipe)}, 'r', () => {});`);
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(waiting)}` };
    const { child, says, ended } = start(['server', '--port', '0', '--json', '--data', 'data'], { cwd, env });
    await says(/^\{.*\}$/m);
    child.kill('SIGTERM');
    await ended;
    expect(child.signalCode ?? child.exitCode).toBe('SIGTERM');
  });
});
