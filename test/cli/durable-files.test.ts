// In which order the commands write, sync and rename, as strace saw it: what a whole file promises, and a new data folder.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeIf, has } from '../support/outside.js';
import { commandLine } from './rollcall.js';

const { folder, start, rollcall, sharedServer } = commandLine();

const traced = (to: string) => [
  'strace',
  '-f',
  '-qq',
  '-y',
  '-o',
  to,
  '-e',
  'trace=write,pwrite64,writev,fsync,fdatasync,rename,mkdir',
];

/** The calls on what lies in a folder of this name, in order: `write kept/a`, `sync kept`, `rename kept/b`. The same in a row is one. */
function callsIn(trace: string, name: string): string[] {
  const calls = readFileSync(trace, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, call = '', rest = ''] = /^\d+\s+(\w+)\((.*)/.exec(line) ?? [];
      const kind = { fsync: 'sync', fdatasync: 'sync', rename: 'rename', mkdir: 'mkdir' }[call] ?? 'write';
      const paths = [...rest.matchAll(/[<"]([^>"]*)[>"]/g)].map(([, path = '']) => path);
      const path = (kind === 'rename' ? paths[1] : paths[0]) ?? '';
      const [, below] = new RegExp(`(?:^|/)(${name}(?:/.*)?)$`).exec(path) ?? [];
      return below === undefined ? [] : [`${kind} ${below}`];
    });
  return calls.filter((call, at) => call !== calls[at - 1]);
}

/** True when the calls are there, in this order, whatever is between them. */
function expectInOrder(calls: readonly string[], wanted: readonly string[]) {
  let from = 0;
  for (const each of wanted) {
    const at = calls.indexOf(each, from);
    expect(at, `"${each}" after ${from} in\n${calls.join('\n')}`).toBeGreaterThanOrEqual(0);
    from = at + 1;
  }
}

const durably = (file: string) => [`write ${file}.new`, `sync ${file}.new`, `rename ${file}`, 'sync kept'];

describeIf(has('strace'), 'strace')('on the disk before anything counts on it', () => {
  it('are the key and then the certificate of a new data folder', async () => {
    const cwd = folder();
    const args = ['server', '--port', '0', '--json', '--data', 'kept', '--until-stdin-ends'];
    const { says, child, ended } = start(args, { cwd, within: traced(join(cwd, 'trace')) });
    await says(/^\{.*\}$/m);
    child.stdin.end(); // a signal would end strace alone
    expect((await ended).code).toBe(0);
    const calls = callsIn(join(cwd, 'trace'), 'kept');
    expect(calls[0]).toBe('mkdir kept');
    expectInOrder(calls, [...durably('kept/ca.key.pem'), ...durably('kept/ca.pem')]);
  });

  it('is a device, and its folder', async () => {
    const { announced, cwd } = await sharedServer();
    const args = ['device', '--state', 'kept', '--server', announced.url, '--ca', 'ca.pem', '--once', '--json'];
    const ended = await rollcall([...args, '--user', 'user1@contoso.example'], {
      cwd,
      within: traced(join(cwd, 'trace')),
    });
    expect(ended.code).toBe(0);
    const calls = callsIn(join(cwd, 'trace'), 'kept');
    const file = calls.find((call) => call.endsWith('.device'))?.replace(/^\w+ /, '') ?? 'no device';
    expect(calls[0]).toBe('mkdir kept');
    expectInOrder(calls, [...durably(file), ...durably(file)]);
    expect(calls.filter((call) => call === `rename ${file}`).length).toBe(
      calls.filter((call) => call === `sync ${file}.new`).length,
    );
  });
});
