// A fleet that is enrolled already, in the folder of `--state`: one device of each kind enrolls, all others are made after them.
import { existsSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createPorts, type DeviceState, withBeside } from '../../agent/index.js';
import { throwIfInterrupted } from '../../base/abort.js';
import { commandLineError } from '../../base/command-line.js';
import type { Log } from '../../base/log.js';
import { textsIn } from '../../base/template.js';
import { openDeviceRecords, type RecordedUser, type TenantConfig } from '../../server-stub/index.js';
import { leadRun } from '../coordinator/lead.js';
import { wholeOf } from '../engine/shard.js';
import { Slots } from '../engine/slots.js';
import type { Target } from '../engine/target.js';
import { fleetError } from '../errors.js';
import type { LogEvent } from '../log/events.js';
import type { Summary } from '../report/summary.js';
import { interleave } from '../scenario/interleave.js';
import { deviceTotal, type FleetPlan } from '../scenario/model.js';
import { readScenario } from '../scenario/read.js';
import { type FleetState, openFleetState } from '../state/folder.js';
import { removeBefore } from '../state/generations.js';
import { assertNothingOfOthers, beginPreparing, discard, endPreparing } from '../state/preparing.js';
import { type FleetStore, openFleetStore } from '../state/store.js';
import { Copier } from './copier.js';
import { givenBy, type Kinds, kindsOf, rosterOf } from './kinds.js';

export interface PrepareOptions {
  /** Its devices, seed, users, keys and authority count; its phases do not. */
  readonly plan: FleetPlan;
  /** The folder of `--state`; new, empty, or one that preparing has left unfinished. */
  readonly folder: string;
  /** Starts a stub that is to know the devices, with its data in this folder; it has ended when its `close` resolves. */
  readonly openAuthority: (data: string, signal: AbortSignal) => Promise<Target>;
  /** The tenant of the plan's file; absent: the built-in one, which gives all of its people the same. */
  readonly tenant?: TenantConfig;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly onNote?: (text: string) => void;
  /** What the run in which the examples enroll tells. */
  readonly onEvent?: (event: LogEvent) => void;
  /** Devices that are on the disk, of all that are made after an example. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Prepared {
  readonly devices: number;
  /** How many of them enrolled themselves. */
  readonly examples: number;
  readonly seed: string;
  readonly url: string;
}

/** On the disk, of a device of the dearest platform with its keys in the pool: in the fleet's journal, and in the authority's. */
const bytesEach = 16_000;
const bytesOfOwnKeys = 6_000;
/** Devices whose writing is waited for together. */
const writtenAtOnce = 250;

/** What examples do: enroll, receive, tell what came of it, until nothing is left to be said. */
const exampleScenario = `name: prepare
devices: { ios: 1 }
phases:
  - enroll: { closed: { users: 8 } }
  - repeat: { times: 3, do: [{ check-in: { closed: { users: 8 } } }] }
`;

/**
 * Fills the folder. Resolves when all is on the disk. Where it ends before, what was made is removed, but for kill -9, after which the folder
 * is known as unfinished, and is prepared anew by the next call. Throws FLEET_DIFFERS where there is a fleet already, FILE_UNUSABLE where the
 * disk is too small or the folder has files of others by the names of a fleet's, RUN_NOT_STARTED where an example could not enroll, STATE_LOCKED, STATE_UNSAVED, INTERRUPTED.
 *
 * @example
 * await prepareFleet({ plan, folder: './fleet', openAuthority, signal, log });
 */
export async function prepareFleet(options: PrepareOptions): Promise<Prepared> {
  const { folder, plan, onNote = () => undefined } = options;
  const isNew = !existsSync(folder);
  const room = bytesNeeded(plan);
  assertRoom(folder, room);
  const state = openFleetState(folder, { isPreparing: true });
  let isDone = false;
  let isOurs = false;
  try {
    if (state.fleet !== undefined)
      throw fleetError('FLEET_DIFFERS', `${folder} has a fleet already`, {
        hint: 'Go on with it by `rollcall fleet run SCENARIO --state` of it, or prepare in another folder.',
      });
    assertNothingOfOthers(folder);
    if (state.wasUnfinished) onNote(`${folder} was left unfinished by an earlier run: it is prepared anew`);
    onNote(`${deviceTotal(plan)} devices take about ${Math.ceil(room / 1e6)} MB of disk in ${folder}`);
    isOurs = true;
    await beginPreparing(folder);
    const prepared = await fill(options, state);
    endPreparing(folder);
    isDone = true;
    return prepared;
  } finally {
    if (isOurs && !isDone) discard(folder);
    if (isOurs && !isDone && isNew) rmSync(folder, { recursive: true, force: true });
    state.close();
  }
}

async function fill(options: PrepareOptions, state: FleetState): Promise<Prepared> {
  const { plan, folder, signal, log, tenant, onProgress = () => undefined } = options;
  const cast = interleave(plan);
  const kinds = kindsOf(rosterOf(plan, cast, {}), cast, givenBy(tenant));
  const { length } = kinds.examples;
  options.onNote?.(`${length} devices, one of each kind, enroll; ${cast.total - length} are made after them`);
  const target = await enrollExamples(options, state, kinds);
  throwIfInterrupted(signal);
  const native = target.mqttPort === undefined ? {} : { android: { MqttPort: target.mqttPort } };
  const roster = rosterOf(plan, cast, native);
  const ports = await createPorts({
    log,
    keys: {
      folder: join(folder, 'keys'),
      ...(plan.keys === 'fresh'
        ? { mode: 'fresh', size: freshAhead }
        : { mode: 'pool', size: Math.min(plan.keys.pool, cast.total) }),
    },
  });
  const generation = state.generation + 1;
  const store = await openFleetStore({ folder, generation, part: 0, shard: wholeOf(cast.total), log });
  const records = openDeviceRecords(state.authorityFolder, log);
  try {
    await ports.keys.ready(signal);
    const users = usersIn(records.users());
    const common = new Set(textsIn(tenant));
    const slots = new Slots(0, () => ports.keys.publicKeys());
    const copiers = new Map<number, Copier>();
    for (const [index, example] of examplesIn(store)) {
      const copier = { seed: plan.seed, keys: ports.keys, records, written: common, ports: ports.ports };
      copiers.set(index, new Copier(index, example, users(roster.user(index)), copier));
      store.put(index, slots.pack(example));
    }
    const total = cast.total - copiers.size;
    let [next, done] = [0, 0];
    const written = async () => {
      await Promise.all([store.durable(), records.durable()]);
      onProgress(done, total);
    };
    const lane = async () => {
      while (next < cast.total) {
        const index = next++;
        if (copiers.has(index)) continue;
        throwIfInterrupted(signal);
        const copier = copiers.get(kinds.exampleOf(index));
        if (copier === undefined) throw new Error(`device ${index} has no example`);
        const {
          state: made,
          recorded,
          sent,
        } = await copier.copy(index, roster.facts(index), users(roster.user(index)));
        store.put(index, slots.pack(made));
        records.put(recorded, sent);
        if (++done % writtenAtOnce === 0) await written();
      }
    };
    await Promise.all(Array.from({ length: plan.keys === 'fresh' ? freshAhead : 2 }, lane));
    await written();
  } finally {
    await Promise.allSettled([store.close(), records.close(), ports.close()]);
  }
  removeBefore(folder, generation);
  return { devices: cast.total, examples: kinds.examples.length, seed: plan.seed, url: target.url };
}

/** Keys that are made while others are put to use, where each device has its own. */
const freshAhead = 8;

/** One of each kind enrolls, over the wire. */
async function enrollExamples(
  { plan, openAuthority, signal, log, folder, onEvent }: PrepareOptions,
  state: FleetState,
  { examples }: Kinds,
): Promise<Target> {
  const { phases, thresholds } = readScenario(exampleScenario);
  const examplePlan = { ...plan, phases, thresholds, abortOn: [], omitted: [], concurrency: 64 };
  let target: Target | undefined;
  const summary = await leadRun({
    plan: examplePlan,
    only: examples,
    async openTarget(stop) {
      target = await openAuthority(state.authorityFolder, stop);
      return target;
    },
    signal,
    log,
    keysFolder: join(folder, 'keys'),
    processes: 1,
    state: {
      folder,
      generation: state.generation,
      isResumed: false,
      begin: (each) => state.begin(plan, each),
      settle: state.settle,
    },
    ...(onEvent === undefined ? {} : { onEvent }),
  });
  throwIfInterrupted(signal);
  if (summary.outcome === 'passed' && target !== undefined) return target;
  throw notEnrolled(summary);
}

function notEnrolled({ problem, failedDevices }: Summary): Error {
  const [first] = failedDevices;
  const why =
    problem?.message ?? (first === undefined ? 'see the log' : `${first.id}: ${first.code}: ${first.message}`);
  return fleetError('RUN_NOT_STARTED', `a device that is to be the example of others could not enroll: ${why}`, {
    hint: problem?.hint ?? 'Run the scenario with a few devices by `rollcall fleet run`, which says more.',
  });
}

function* examplesIn(store: FleetStore): Generator<readonly [index: number, state: DeviceState]> {
  for (const [index, { packed, packer, beside }] of [...store.kept()])
    yield [index, withBeside(packer.read(packed), beside)];
}

function usersIn(users: readonly RecordedUser[]): (upn: string) => RecordedUser {
  const byName = new Map(users.map((user) => [user.upn.toLowerCase(), user]));
  return (upn) => {
    const user = byName.get(upn.toLowerCase());
    if (user === undefined) throw fleetError('RUN_NOT_STARTED', `the tenant has no user ${upn}`);
    return user;
  };
}

const bytesNeeded = (plan: FleetPlan): number =>
  deviceTotal(plan) * (bytesEach + (plan.keys === 'fresh' ? bytesOfOwnKeys : 0));

/** Throws FILE_UNUSABLE where the file system has less room than this. */
function assertRoom(folder: string, bytes: number): void {
  let at = resolve(folder);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  const { bavail, bsize } = statfsSync(at);
  if (bavail * bsize >= bytes) return;
  const megabytes = (count: number): string => `${Math.floor(count / 1e6)} MB`;
  throw commandLineError(
    'FILE_UNUSABLE',
    `${folder} has ${megabytes(bavail * bsize)} left, and this fleet takes ${megabytes(bytes)}`,
    {
      hint: 'Choose a folder on another disk, or fewer devices.',
    },
  );
}
