// What a check-in costs the stub as its tenant grows, and how soon it answers what concerns all of its devices. The stub is in a process
// of its own; the devices are Android's, whose check-ins need no key: GET sync/configuration and POST sync/info over kept connections.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../agent/io/random.js';
import { defaultSecret, requestSignature, signedText } from '../protocol/headwind/signature.js';
import { type AuthorityShape, type FromAuthority, numberOf, type ToAuthority } from './authority-messages.js';
import { bareAnswer, trust } from './bare.js';
import { median } from './cpu.js';

export interface AuthorityReading extends AuthorityShape {
  /** Milliseconds of the stub's CPU for one session, the median of five rounds of 2,000 by chance. */
  readonly cpuMs: number;
  readonly openSeconds: number;
  readonly openCpuSeconds: number;
  /** Medians of three, in milliseconds: a GET of the organization, a switch of the authority, licences given to a group of 10,000 users or
   * taken from it; the last two with their record on the disk. */
  readonly getMs: number;
  readonly switchMs: number;
  /** The first of the process, whose code is cold. */
  readonly firstSwitchMs: number;
  readonly licenceMs: number;
  readonly longestPauseMs: number;
}

const sessions = 2000;
const rounds = 5;
const switches = 3;
const program = fileURLToPath(new URL('./authority-server.js', import.meta.url));

/** One tenant of this shape. */
export async function benchAuthority(shape: AuthorityShape): Promise<AuthorityReading> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  const { devices, groups, policies } = shape;
  const child = fork(program, [folder, devices, groups, policies].map(String));
  const failed = new Promise<never>((_, reject) => {
    child.once('exit', (code) => reject(new Error(`the stub ended with ${code}`)));
  });
  failed.catch(() => {}); // it is ended here, in the end
  const next = <T extends FromAuthority['type']>(type: T) =>
    new Promise<Extract<FromAuthority, { type: T }>>((resolve, reject) => {
      const take = (message: FromAuthority) => {
        if (message.type !== type) return;
        child.off('message', take);
        resolve(message as Extract<FromAuthority, { type: T }>);
      };
      child.on('message', take);
      failed.catch(reject);
    });
  const cpu = async () => {
    const answer = next('cpu');
    child.send({ type: 'cpu' } satisfies ToAuthority);
    return answer;
  };
  try {
    const { url, ca, token, organization, openSeconds, openCpuSeconds } = await next('ready');
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const ask = asking(url, ca, agent, token);
    const random = seededRandom('authority', 0);
    const chosen = Array.from({ length: sessions }, () => random.integer(Math.ceil(devices / 3)) * 3);
    const all = async () => inLanes(chosen, 8, (index) => checkIn(ask, numberOf(index)));
    await all(); // the first tells devices and stub where they are
    const perSession: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const before = (await cpu()).seconds;
      await all();
      perSession.push((((await cpu()).seconds - before) / sessions) * 1000);
    }
    const path = `/v1.0/organization/${organization}/setMobileDeviceManagementAuthority`;
    const taken: { get: number[]; switch: number[]; licence: number[] } = { get: [], switch: [], licence: [] };
    await cpu();
    for (let round = 0; round < switches; round++) {
      const to = { mobileDeviceManagementAuthority: round % 2 === 0 ? 'intune' : 'office365' };
      const given = round % 2 === 0 ? licence([intune], []) : licence([], [intune]);
      taken.get.push(await timed(() => ask('GET', '/v1.0/organization')));
      taken.licence.push(await timed(() => ask('POST', '/v1.0/groups/many/assignLicense', given)));
      taken.get.push(await timed(() => ask('GET', '/v1.0/organization')));
      taken.switch.push(await timed(() => ask('POST', path, to)));
      await settled(ask);
    }
    const { longestPauseMs } = await cpu();
    agent.destroy();
    const figures = {
      getMs: median(taken.get),
      switchMs: median(taken.switch),
      firstSwitchMs: taken.switch[0] ?? 0,
      licenceMs: median(taken.licence),
      longestPauseMs,
    };
    return { ...shape, cpuMs: median(perSession), openSeconds, openCpuSeconds, ...figures };
  } finally {
    child.disconnect();
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

const intune = '061f9ace-7d42-4136-88ac-31dc755f143f';
const licence = (added: readonly string[], removeLicenses: readonly string[]) => ({
  addLicenses: added.map((skuId) => ({ skuId })),
  removeLicenses,
});

type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<string>;

function asking(url: string, ca: string, agent: Agent, token: string): Ask {
  const context = trust(ca);
  return async (method, path, body, headers) => {
    const all = { 'content-type': 'application/json', ...(headers ?? { authorization: `Bearer ${token}` }) };
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await bareAnswer(url + path, method, all, text, context, agent);
    if (answer.status >= 300)
      throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.text.slice(0, 200)}`);
    return answer.text;
  };
}

async function checkIn(ask: Ask, number: string): Promise<void> {
  const signature = requestSignature(defaultSecret, signedText.sync(number));
  const answer = await ask('GET', `/rest/public/sync/configuration/${number}`, undefined, {
    'x-request-signature': signature,
  });
  if (!answer.startsWith('{"status":"OK"')) throw new Error(`${number} was refused: ${answer.slice(0, 200)}`);
  await ask('POST', '/rest/public/sync/info', { deviceId: number, model: 'Pixel 8', applications: [], files: [] }, {});
}

async function inLanes(items: readonly number[], wide: number, act: (item: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) await act(items[at] ?? 0);
  };
  await Promise.all(Array.from({ length: wide }, lane));
}

/** Time of one call in milliseconds. */
async function timed(call: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await call();
  return performance.now() - began;
}

/** Until nobody more is notified of what was changed last. Devices that have told no push token cannot be. */
async function settled(ask: Ask): Promise<void> {
  let [before, same] = [-1, 0];
  while (same < 5) {
    const { value } = JSON.parse(await ask('GET', '/stub/v1/authority/changes'));
    const { notified } = value.at(-1);
    same = notified === before ? same + 1 : 0;
    before = notified;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
