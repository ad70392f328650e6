import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandLine } from './rollcall.js';

const { folder, here, start, rollcall, startServer, sharedServer } = commandLine();

const enroll = (url: string, ...more: string[]) => [
  'device',
  ...['--server', url, '--ca', 'ca.pem', '--user', 'user1@contoso.example', '--once', ...more],
];
const linesOf = (err: string) =>
  err
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

it('device and server say on both sides what went over the wire, and the log who enrolled and what was asked of him', async () => {
  const cwd = folder();
  const server = start(['server', '--port', '0', '--json', '--trace', 'stub.har'], { cwd });
  const [line] = await server.says(/^\{"url.*\}$/m);
  const announced = JSON.parse(line);
  writeFileSync(join(cwd, 'ca.pem'), announced.ca);
  const ended = await here(enroll(announced.url, '--trace', 'device.trace'), { cwd });
  expect([ended.code, ended.err]).toEqual([0, expect.stringMatching(/^enrolling \S+ at \S+ \.\.\.\n/)]);
  server.child.kill('SIGKILL');
  const { err } = await server.ended;

  const text = readFileSync(join(cwd, 'device.trace'), 'utf8');
  expect(text).toMatch(/ device PUT https:\/\/\S+\/checkin 200 .* ms /);
  expect(text).toContain('MessageType: "TokenUpdate"');
  expect(text).toContain('Challenge: [secret]');
  const { entries } = JSON.parse(readFileSync(join(cwd, 'stub.har'), 'utf8')).log;
  expect(entries.length).toBeGreaterThan(10);
  expect(entries.every((entry: { response: { status: number } }) => entry.response.status > 0)).toBe(true);

  const said = linesOf(err);
  const told = said.map(({ msg, command }) => [msg, command].join(' ').trim());
  expect(told.slice(0, 3)).toEqual(['ENROLLED', 'CHECKED_IN', 'COMMAND inventory']);
  expect(said[0]).toMatchObject({ level: 30, user: 'user1@contoso.example', platform: 'ios', authority: 'intune' });
});

it('--trace alone is standard error, and has no colours where that is no terminal', async () => {
  const { announced, cwd } = await sharedServer();
  const { code, err, out } = await here(enroll(announced.url, '--json', '--trace'), { cwd });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ lifecycle: 'enrolled' });
  expect(err).toContain('\n> Mdm-Signature: CMS signed data (detached)\n');
  expect(err).not.toContain('\u001b');
});

it('the level of the log is the option’s, or ROLLCALL_LOG’s; both commands obey', async () => {
  const { announced, cwd, ended, child } = await startServer({ env: { ROLLCALL_LOG: 'error' } });
  const env = { ROLLCALL_LOG: 'debug' };
  const shown = await here(enroll(announced.url, '--state', 'phone'), { cwd, env });
  const lines = linesOf(shown.err);
  expect(lines.find(({ msg }) => msg === 'EXCHANGE')).toMatchObject({ level: 20, method: 'GET', status: 200 });
  expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['ENROLLED', 'COMMAND', 'CHECKED_IN']));
  const again = ['device', '--state', 'phone', '--ca', 'ca.pem', '--once'];
  expect((await here([...again, '--log-level', 'error'], { cwd, env })).err).toBe('');
  const odd = await here(again, { cwd, env: { ROLLCALL_LOG: 'loud' } });
  expect([odd.code, odd.err]).toEqual([0, expect.stringMatching(/^rollcall: ROLLCALL_LOG="loud" is no level .*\n$/)]);
  child.kill('SIGTERM');
  expect((await ended).err).not.toContain('ENROLLED'); // an error's level was asked for
});

it('says what is wrong with --trace and --log-level', async () => {
  for (const [words, message] of [
    [['server', '--log-level', 'loud'], 'USAGE: --log-level "loud" is no level'],
    [['device', '--server', 'https://localhost:1', '--log-level', 'loud'], 'USAGE: --log-level "loud" is no level'],
    [['server', '--log-level'], 'USAGE: '],
    [['server', '--trace', 'no/such/folder.har'], 'FILE_UNUSABLE: no/such/folder.har: ENOENT'],
    [['server', '--port', '0', '--trace', 'no/such/folder'], 'FILE_UNUSABLE: no/such/folder: ENOENT'],
  ] as const) {
    const cwd = folder();
    const { code, err } = await here(words, { cwd });
    expect([words, code, err.slice(10, 10 + message.length)]).toEqual([words, 2, message]);
  }
});

it('a full disk ends the trace with one line, and not the command', async () => {
  const { announced, cwd } = await sharedServer();
  const { code, err } = await here(enroll(announced.url, '--trace', '/dev/full'), { cwd });
  expect(code).toBe(0);
  expect(err.split('\n').filter((line) => line.includes('/dev/full'))).toEqual([
    expect.stringMatching(/^rollcall: the trace in \/dev\/full ends here: ENOSPC/),
  ]);
});

it('a HAR file stays whole where its disk is full', async () => {
  const { announced, cwd } = await sharedServer();
  const within = ['bash', '-c', 'ulimit -f 16; exec "$@"', '--'] as const; // blocks of 1,024 bytes
  const { code, err } = await rollcall(enroll(announced.url, '--trace', 'x.har'), { cwd, within });
  expect(code).toBe(0);
  expect(err).toMatch(/rollcall: the trace in x\.har ends here: EFBIG/);
  const { entries } = JSON.parse(readFileSync(join(cwd, 'x.har'), 'utf8')).log;
  expect(entries.length).toBeGreaterThan(0);
});
