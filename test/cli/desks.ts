// Desks of readers of the README: a folder each, the built program at hand, and authorities that run.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect } from 'vitest';
import { silentLog } from '../../base/log.js';
import { type AuthorityOptions, type RunningAuthority, startAuthority } from '../../server-stub/index.js';
import { authorityKeys, readyKeysEnv } from '../support/keys.js';
import { type Ended, type Watched, watch } from '../support/watched.js';
import { commandsOf } from './documents.js';
import { commandLine, root } from './rollcall.js';

const { folder, folderWithKeys, here } = commandLine();
const children = new Set<ChildProcess>();

/** Where a reader of the README stands: a folder, and the authority of the first command, once it runs. */
export interface Desk {
  readonly cwd: string;
  readonly url?: string;
  readonly token?: string;
}

/** A desk with what a reader has, or is told to bring: `npx rollcall`, the scenarios, a tenant file. */
export function desk(): Desk {
  const cwd = folderWithKeys();
  program(join(cwd, 'bin'), `shift\nexec "${process.execPath}" "${join(root, 'dist/cli.js')}" "$@"`);
  cpSync(join(root, 'scenarios'), join(cwd, 'scenarios'), { recursive: true });
  return { cwd };
}

/** Puts a program `npx` into a new folder. */
function program(bin: string, text: string): void {
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\n${text}\n`);
  chmodSync(join(bin, 'npx'), 0o755);
}

type Instead = Readonly<Record<string, string>>;

/** A line of the README, changed only where `instead` says so. */
function changed(line: string, instead: Instead): string {
  let there = line;
  for (const [from, to] of Object.entries(instead)) {
    expect(there).toContain(from);
    there = there.replace(from, to);
  }
  return there;
}

/** Types a line of the README into a shell: a process of its own, for what goes on until it is stopped. What still runs at the end is ended. */
export function type(line: string, { cwd, token = '' }: Desk, instead: Instead = {}): Watched {
  const there = changed(line, instead);
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  const own = { PATH: `${join(cwd, 'bin')}:${env['PATH'] ?? ''}`, TOKEN: token };
  const trusted = join(cwd, '.rollcall/ca.pem'); // a public CA's in the reader's world
  const extra = existsSync(trusted) ? { NODE_EXTRA_CA_CERTS: trusted } : {};
  const [set = ''] = /^(?:[A-Z_]+=\S+ )*/.exec(there) ?? [];
  const child = spawn('sh', ['-c', `${set}exec ${there.slice(set.length)}`], {
    cwd,
    env: { ...env, ...readyKeysEnv(), ...own, ...extra },
  });
  children.add(child);
  return watch(child);
}

let words: string | undefined;
/**
 * Does what a line of the README says within this process, with this on its standard input: a shell reads the line, and the command is
 * given the words and the variables that it makes of it. It must come to a good end.
 */
export async function does(line: string, { cwd }: Desk, instead: Instead = {}, input = ''): Promise<Ended> {
  if (words === undefined) {
    words = folder();
    program(words, 'printf \'%s\\0\' "$@"\nexec env -0');
  }
  const env = { PATH: `${words}:${process.env['PATH'] ?? ''}` };
  const read = execFileSync('sh', ['-c', changed(line, instead)], { cwd, env, encoding: 'utf8' }).split('\0');
  const begin = read.findIndex((each) => /^[A-Z_]+=/.test(each));
  const [name, ...args] = read.slice(0, begin);
  expect(name, line).toBe('rollcall');
  const set = read.slice(begin).flatMap((each) => (each.startsWith('ROLLCALL_') ? [each.split(/=(.*)/s)] : []));
  const ended = await here(args, { cwd, env: Object.fromEntries(set), input });
  expect({ code: ended.code, err: ended.err }, ended.err).toMatchObject({ code: 0 });
  return ended;
}

/** Lets it come to its end, which must be a good one. Gives its standard output. */
export async function passes(watched: Watched): Promise<string> {
  watched.child.stdin.end();
  const { code, out, err } = await watched.ended;
  expect({ code, err }, err).toMatchObject({ code: 0 });
  return out;
}

/** The authority of `npx rollcall server`, on a port that is free. */
export async function authority(line = 'npx rollcall server', instead: Readonly<Record<string, string>> = {}) {
  const there = desk();
  const server = type(`${line}${line.includes('--port') ? '' : ' --port 0'}`, there, instead);
  const [, url = ''] = await server.says(/(https:\/\/localhost:\d+|https:\/\/127\.0\.0\.1:\d+)/);
  await server.says(/Ctrl-C stops it/);
  const [, token = ''] = /administrator token\s+(\S+)/.exec(server.said) ?? [];
  return { ...there, url: url.replace('127.0.0.1', 'localhost'), token, server };
}

/** What a server of somebody else would hand out. */
export async function enrollmentProfile({ url = '', cwd }: Desk): Promise<void> {
  const ca = readFileSync(join(cwd, '.rollcall/ca.pem'), 'utf8');
  writeFileSync(join(cwd, 'enroll.mobileconfig'), await bodyOf(`${url}/enroll/ios?user=user3@contoso.example`, ca));
}

/** The same within this process, for lines whose subject is not the authority. */
export async function authorityHere(options: AuthorityOptions = {}) {
  const running = await startAuthority({ port: 0, log: silentLog, newRsaKey: authorityKeys(), ...options });
  authorities.push(running);
  const { cwd } = desk();
  writeFileSync(join(cwd, '.rollcall/ca.pem'), running.caPem);
  return {
    cwd,
    url: running.url.replace('127.0.0.1', 'localhost'),
    token: running.adminTokens.administrator,
    authority: running,
  };
}
const authorities: RunningAuthority[] = [];

/** The authority that those share who only ask, and a profile of it. */
let shared: Promise<Desk & { readonly url: string; readonly token: string }> | undefined;
export async function sharedAuthority() {
  shared ??= authorityHere().then(async (there) => {
    await enrollmentProfile(there);
    return there;
  });
  return await shared;
}

/** The device of ./phone, which enrolled yesterday: one line at a time is typed of it. */
let before: Promise<unknown> | undefined;
export async function atThePhone<T>(act: (here: Desk & { readonly url: string }) => Promise<T>): Promise<T> {
  const there = await sharedAuthority();
  const line = 'npx rollcall device --profile enroll.mobileconfig --state ./phone --once';
  before ??= does(`${line} --ca .rollcall/ca.pem`, there); // which it remembers
  const own = before.then(() => act(there));
  before = own.catch(() => undefined);
  return await own;
}

/** A Headwind server of somebody else, with a secret of its own, and the text of a QR code of its configuration in qr.json. */
let headwind: ReturnType<typeof authorityHere> | undefined;
export async function atHeadwind<T>(
  act: (here: Desk & { readonly authority: RunningAuthority }) => Promise<T>,
): Promise<T> {
  headwind ??= authorityHere({ android: { sharedSecret: 'swordfish', createOnDemand: true } }).then(async (there) => {
    const { authority, cwd } = there;
    writeFileSync(join(cwd, 'ca.pem'), authority.caPem);
    const url = `${authority.url}/rest/public/qr/json/default?create=1`;
    writeFileSync(join(cwd, 'qr.json'), await bodyOf(url, authority.caPem));
    return there;
  });
  return await act(await headwind);
}
const bodyOf = (url: string, ca: string): Promise<Buffer> =>
  new Promise((done, failed) => {
    const asking = request(url, { ca }, async (answer) => done(Buffer.concat(await answer.toArray())));
    asking.once('error', failed).end();
  });

/** The same for the PC in ./pc, which enrolled with a name and a password. */
let pcBefore: Promise<unknown> | undefined;
export async function atThePc<T>(act: (here: Desk & { readonly url: string }) => Promise<T>): Promise<T> {
  const there = await sharedAuthority();
  const [line = ''] = commandsOf('README.md').filter((each) => each.includes('--state ./pc --os'));
  pcBefore ??= does(`${line} --ca .rollcall/ca.pem`, there, { 'https://mdm.example:8443': there.url });
  const own = pcBefore.then(() => act(there));
  pcBefore = own.catch(() => undefined);
  return await own;
}

/** Ends what still runs. */
export async function clearDesks(): Promise<void> {
  for (const child of children) child.kill('SIGKILL');
  for (const each of authorities) await each.close();
}
