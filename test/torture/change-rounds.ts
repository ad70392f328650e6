// A stub authority with many devices is killed while it changes who manages whom: after a restart each change is there whole or not at
// all, its notifications go on, and nobody is notified twice.
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, seededRandom } from '../../agent/index.js';
import { realClock } from '../../base/clock.js';
import { silentLog } from '../../base/log.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import { startAuthority } from '../../server-stub/index.js';
import { ChangeWork } from './change-work.js';
import { follow, type Told } from './followed-events.js';
import type { Programs } from './programs.js';
import { endStub, type StubProcess, startStub } from './stub.js';
import type { RoundOptions, Tally } from './tally.js';

/** Devices with a user, and without. */
const devices = 230;
const userless = 20;
/** Pushes a second: a hundred are handed on at a time, and a kill meets the parts between. */
const rate = '400';
/** Of what a crash may meet nobody is told: the part that was being handed on, and the one before. */
const mostUntold = 200;
/** A round is finished when all has been handed on; longer it takes only where something is wrong. */
const patienceMs = 20_000;

interface Size {
  readonly name: string;
  readonly users: number;
}
/** Licences of a group are given to ten thousand (C9); a whole tenant is put where it is small. */
const sizes: readonly Size[] = [
  { name: 'small', users: 40 },
  { name: 'large', users: 10_000 },
];

/** Round after round, each on a folder of its own, until the signal is aborted or as many as asked for are done. */
export async function changeRounds({ programs, seed, findings, signal, rounds }: RoundOptions): Promise<void> {
  const random = seededRandom(seed, 0, 'change rounds');
  const most = rounds ?? Number.POSITIVE_INFINITY;
  const templates = new Map<Size, string>();
  for (let done = 0; done < most && !signal.aborted; done++) {
    const size = sizes[done % 4 === 3 ? 1 : 0] as Size;
    const template = templates.get(size) ?? (await makeTemplate(programs, size));
    templates.set(size, template);
    const folder = programs.folder();
    cpSync(template, join(folder, 'data'), { recursive: true });
    const wrong = await round(programs, folder, size, random, findings.tally, signal).catch((error: Error) => {
      findings.tally.unusable++;
      return [`cannot be used: ${error.message}`];
    });
    findings.tally.rounds++;
    if (wrong.length > 0) {
      programs.keep(folder);
      findings.found(`round ${done + 1}, ${size.name}: ${shown(wrong)}; ${join(folder, 'data')}`);
    }
    findings.note(`change round ${done + 1}: ${findings.tally.acknowledged} acknowledged so far`);
    programs.remove(folder);
  }
}

const mostShown = 6;
const shown = (wrong: readonly string[]): string =>
  [...wrong.slice(0, mostShown), ...(wrong.length > mostShown ? [`${wrong.length - mostShown} more`] : [])].join('; ');

/** A folder with users, a group of all of them, and devices, as if they had enrolled. */
async function makeTemplate(programs: Programs, { users }: Size): Promise<string> {
  const data = join(programs.folder(), 'data');
  mkdirSync(data);
  const given = defaultTenant({ users, authority: 'office365' });
  const authority = await startAuthority({
    dataFolder: data,
    log: silentLog,
    tls: false,
    tenant: {
      ...given,
      groups: [{ id: 'everybody', displayName: 'Everybody', groups: [], products: [] }],
      users: given.users.map((user) => ({ ...user, groups: ['everybody'], products: ['SPB'] })),
    },
  });
  try {
    const { tenant } = authority;
    for (let k = 0; k < devices + userless; k++) {
      const user = given.users[k % given.users.length];
      const owner = k < devices && user !== undefined ? { userId: user.id } : {};
      tenant.enroll({ platform: 'android', deviceId: `d${k}`, serial: `S-${k}`, ...owner });
      tenant.confirm(`d${k}`);
    }
    await authority.stored();
  } finally {
    await authority.close();
  }
  return data;
}

async function round(
  programs: Programs,
  folder: string,
  size: Size,
  random: Random,
  tally: Tally,
  signal: AbortSignal,
): Promise<string[]> {
  const work = new ChangeWork({ random, isSmall: size.users < 1000 });
  const told: Told[] = [];
  let kills = 1 + random.integer(3);
  let port = 0;
  const wrong: string[] = [];
  for (let k = 0; k <= kills && wrong.length === 0; k++) {
    if (k > 0 && signal.aborted) kills = k; // its time is over: what was begun is judged
    const stub = await start(programs, folder, port);
    port = stub.port;
    const following = new AbortController();
    const followed = follow(stub, 'notified', told, following.signal);
    try {
      work.reach(stub.administrator);
      wrong.push(...(await judge(work, k === 0, tally)));
      const before = work.ledger.acknowledged;
      if (k === kills) await untilHandedOn(work);
      else await killed(stub, work, random);
      tally.acknowledged += work.ledger.acknowledged - before;
    } finally {
      await endStub(stub, 'SIGKILL');
      following.abort();
      await followed;
    }
    if (k === kills) wrong.push(...countNotified(told, work, kills, tally));
  }
  return wrong;
}

const start = (programs: Programs, folder: string, port: number): Promise<StubProcess> =>
  startStub(programs, { data: join(folder, 'data'), port, more: ['--push-rate', rate] });

/** Changes one after the other, until it is killed. */
async function killed(stub: StubProcess, work: ChangeWork, random: Random): Promise<void> {
  const ending = new AbortController();
  const working = (async () => {
    while (!ending.signal.aborted && (await work.step().catch(() => false)));
  })();
  await realClock.sleep(random.integer(1500));
  await endStub(stub, 'SIGKILL');
  ending.abort();
  await working;
}

/** What is there counts as acknowledged from now on. */
async function judge(work: ChangeWork, isFirst: boolean, tally: Tally): Promise<string[]> {
  const observed = await work.look();
  if (isFirst) {
    work.ledger.holds(observed);
    return [];
  }
  const losses = work.ledger.losses(observed);
  tally.lost += losses.length;
  work.settle(observed);
  return losses.map(
    ({ thing, found, expected }) => `${thing} is ${found}, and was acknowledged as ${expected.join(' or ')}`,
  );
}

async function untilHandedOn(work: ChangeWork): Promise<void> {
  for (let waited = 0; waited < patienceMs; waited += 50) {
    if ((await work.changes()).every(({ toNotify, notified }) => notified >= toNotify)) break;
    await realClock.sleep(50);
  }
  await realClock.sleep(100); // the last are told
}

/** Of each change a device is notified once; who was not met a crash. All are in the history. */
function countNotified(told: readonly Told[], work: ChangeWork, kills: number, tally: Tally): string[] {
  const wrong: string[] = [];
  const counts = new Map<string, number>();
  for (const { why, device } of told) {
    if (why === 'change' || why === 'support')
      counts.set(`${why} ${device}`, (counts.get(`${why} ${device}`) ?? 0) + 1);
  }
  let [due, reached] = [0, 0];
  for (const { n, cause, toNotify, notified, sum } of work.history) {
    if (notified !== toNotify) {
      tally[notified < toNotify ? 'lost' : 'doubled']++;
      wrong.push(`change ${n} notified ${notified} of ${toNotify}`);
    }
    const isOfAll = cause === 'authority' || cause === 'support';
    if (isOfAll && sum !== toNotify) {
      tally.lost++;
      wrong.push(`change ${n} concerned ${toNotify}, and counts ${sum}`);
    }
    if (isOfAll || cause === 'coexistence') due += toNotify;
  }
  for (const why of ['change', 'support']) {
    const most = work.history.filter(({ cause }) =>
      why === 'support' ? cause === why : cause === 'authority' || cause === 'coexistence',
    ).length;
    for (const [key, count] of counts) {
      if (!key.startsWith(`${why} `)) continue;
      reached += count;
      if (count <= most) continue;
      tally.doubled++;
      wrong.push(`${key} was notified ${count} times of ${most} changes`);
    }
  }
  if (due - reached > mostUntold * kills) {
    tally.lost++;
    wrong.push(`${due - reached} of ${due} notifications were lost in ${kills} crashes`);
  }
  return wrong;
}
