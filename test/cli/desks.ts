// Desks of readers of the README: a folder each, the built program at hand, and authorities that run.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect } from 'vitest';
import { silentLog } from '../../base/log.js';
import { type RunningAuthority, startAuthority } from '../../server-stub/index.js';
import { type Watched, watch } from '../support/watched.js';
import { commandsOf } from './documents.js';
import { commandLine, root } from './rollcall.js';

const { folderWithKeys } = commandLine();
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
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(root, 'dist/cli.js')}" "$@"\n`);
  chmodSync(join(bin, 'npx'), 0o755);
  cpSync(join(root, 'scenarios'), join(cwd, 'scenarios'), { recursive: true });
  return { cwd };
}

/** Types a line of the README, changed only where `instead` says so. What still runs at the end is ended. */
export function type(line: string, { cwd, token = '' }: Desk, instead: Readonly<Record<string, string>> = {}): Watched {
  let there = line;
  for (const [from, to] of Object.entries(instead)) {
    expect(there).toContain(from);
    there = there.replace(from, to);
  }
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  const own = { PATH: `${join(cwd, 'bin')}:${env['PATH'] ?? ''}`, TOKEN: token };
  const trusted = join(cwd, '.rollcall/ca.pem'); // a public CA's in the reader's world
  const extra = existsSync(trusted) ? { NODE_EXTRA_CA_CERTS: trusted } : {};
  const [set = ''] = /^(?:[A-Z_]+=\S+ )*/.exec(there) ?? [];
  const child = spawn('sh', ['-c', `${set}exec ${there.slice(set.length)}`], {
    cwd,
    env: { ...env, ...own, ...extra },
  });
  children.add(child);
  return watch(child);
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
  const here = desk();
  const server = type(`${line}${line.includes('--port') ? '' : ' --port 0'}`, here, instead);
  const [, url = ''] = await server.says(/(https:\/\/localhost:\d+|https:\/\/127\.0\.0\.1:\d+)/);
  await server.says(/Ctrl-C stops it/);
  const [, token = ''] = /administrator token\s+(\S+)/.exec(server.said) ?? [];
  return { ...here, url: url.replace('127.0.0.1', 'localhost'), token, server };
}

/** What a server of somebody else would hand out. */
export async function enrollmentProfile({ url = '', cwd }: Desk): Promise<void> {
  const ca = readFileSync(join(cwd, '.rollcall/ca.pem'), 'utf8');
  writeFileSync(join(cwd, 'enroll.mobileconfig'), await bodyOf(`${url}/enroll/ios?user=user3@contoso.example`, ca));
}

/** The authority that those share who only ask, and a profile of it. */
let shared: Promise<Desk & { readonly url: string; readonly token: string }> | undefined;
export async function sharedAuthority() {
  shared ??= authority().then(async (here) => {
    await enrollmentProfile(here);
    return here;
  });
  return await shared;
}

/** The device of ./phone, which enrolled yesterday: one line at a time is typed of it. */
let before: Promise<unknown> | undefined;
export async function atThePhone<T>(act: (here: Desk & { readonly url: string }) => Promise<T>): Promise<T> {
  const here = await sharedAuthority();
  before ??= passes(type('npx rollcall device --profile enroll.mobileconfig --state ./phone --once', here));
  const own = before.then(() => act(here));
  before = own.catch(() => undefined);
  return await own;
}

/** A Headwind server of somebody else, with a secret of its own, and the text of a QR code of its configuration in qr.json. */
let headwind: Promise<Desk & { readonly authority: RunningAuthority }> | undefined;
export async function atHeadwind<T>(
  act: (here: Desk & { readonly authority: RunningAuthority }) => Promise<T>,
): Promise<T> {
  headwind ??= startAuthority({
    port: 0,
    log: silentLog,
    android: { sharedSecret: 'swordfish', createOnDemand: true },
  }).then(async (authority) => {
    const here = { ...desk(), authority };
    writeFileSync(join(here.cwd, 'ca.pem'), authority.caPem);
    const url = `${authority.url}/rest/public/qr/json/default?create=1`;
    writeFileSync(join(here.cwd, 'qr.json'), await bodyOf(url, authority.caPem));
    return here;
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
  const here = await sharedAuthority();
  const [line = ''] = commandsOf('README.md').filter((each) => each.includes('--state ./pc --os'));
  pcBefore ??= passes(type(`${line} --ca .rollcall/ca.pem`, here, { 'https://mdm.example:8443': here.url }));
  const own = pcBefore.then(() => act(here));
  pcBefore = own.catch(() => undefined);
  return await own;
}

/** Ends what still runs. */
export async function clearDesks(): Promise<void> {
  for (const child of children) child.kill('SIGKILL');
  await (await headwind)?.authority.close();
}
