// The folder in which a fleet is kept from run to run (`--state DIR`), as the coordinator has it: whose devices these are, where their
// server is, the lock, the generations of their states.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { agentError } from '../../agent/index.js';
import { withFile } from '../../base/command-line.js';
import { lockFolder } from '../../base/folder-lock.js';
import { makeFolder } from '../../base/folders.js';
import { writeWholeFile } from '../../base/whole-file.js';
import type { EngineTarget } from '../engine/messages.js';
import { fleetError } from '../errors.js';
import type { DeviceGroup, FleetPlan, Users } from '../scenario/model.js';
import { assertUnused, devicesFolder, generationsIn, removeBefore } from './generations.js';
import { type KeptFleet, readKeptFleet } from './kept-fleet.js';
import { assertFinished, discard, isUnfinished } from './preparing.js';

/** What of a plan the person who runs it has asked for in words: it is not given up for the kept fleet's. */
export interface AskedFor {
  readonly seed: boolean;
  readonly devices: boolean;
}

export interface FleetState {
  /** The fleet that is kept here; undefined before the first run. */
  readonly fleet: KeptFleet | undefined;
  /** Of an earlier try to prepare a fleet, what there was of it has been removed. */
  readonly wasUnfinished: boolean;
  /** For the data of the embedded stub. */
  readonly authorityFolder: string;
  /** Of this run; 1 in the first. */
  readonly generation: number;
  /**
   * The plan with the kept fleet's devices, seed and users, and what is to be told of that. In the first run the plan itself. Throws
   * FLEET_DIFFERS where that is not what was asked for, or steps name groups that the fleet has not.
   */
  adopt(plan: FleetPlan, asked: AskedFor): { readonly plan: FleetPlan; readonly notes: readonly string[] };
  /** Writes down whose fleet it is, before the first device enrolls. Throws FLEET_DIFFERS where another server has its devices. */
  begin(plan: FleetPlan, target: Pick<EngineTarget, 'url' | 'pushUrl' | 'mqttPort' | 'isEmbedded'>): Promise<void>;
  /** Removes earlier generations: every engine has what it needs of them. */
  settle(): void;
  /** Lets the folder go; one that was made for it goes too, where nothing was kept. */
  close(): void;
}

const fileName = 'fleet.json';
const maxBytes = 16 * 1024 * 1024;

/**
 * Opens or makes the folder (0700), for one run at a time. Throws STATE_LOCKED while another has it, also while an engine of a killed
 * run still writes; STATE_CORRUPT for what is no such folder; FLEET_UNFINISHED for a fleet that was
 * not prepared to its end, unless `isPreparing`: then it is removed.
 *
 * @example
 * const state = openFleetState('./fleet');
 * const { plan } = state.adopt(scenario, { seed: false, devices: false });
 * await state.begin(plan, target);
 * // engines open their stores, and are ready
 * state.settle();
 * state.close();
 */
export function openFleetState(folder: string, { isPreparing = false } = {}): FleetState {
  const isNew = makeFolder(folder);
  const unlock = lockFolder(folder, (message, context) => agentError('STATE_LOCKED', message, context));
  const close = () => {
    unlock();
    if (isNew) removeEmpty(folder);
  };
  try {
    const wasUnfinished = isUnfinished(folder);
    if (!isPreparing) assertFinished(folder);
    else if (wasUnfinished) discard(folder);
    const path = join(folder, fileName);
    const fleet = existsSync(path) ? readKeptFleet(path, readBounded(path)) : undefined;
    const generations = generationsIn(folder);
    assertUnused(generations);
    if (fleet === undefined && generations.length > 0)
      throw agentError('STATE_CORRUPT', `${folder} has devices, and no ${fileName} that says whose they are`);
    const generation = (generations[0]?.generation ?? 0) + 1;
    return {
      fleet,
      wasUnfinished,
      authorityFolder: join(folder, 'authority'),
      generation,
      adopt: (plan, asked) => (fleet === undefined ? { plan, notes: [] } : adopted(folder, fleet, plan, asked)),
      async begin(plan, target) {
        makeFolder(devicesFolder(folder));
        if (fleet === undefined) await write(path, keptOf(plan, target));
        else assertSameServer(folder, fleet, target);
      },
      settle: () => removeBefore(folder, generation),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Leaves it where it has anything in it. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {}
}

function readBounded(path: string): string {
  const bytes = withFile(path, () => readFileSync(path));
  if (bytes.length > maxBytes) throw agentError('STATE_CORRUPT', `${path} is longer than ${maxBytes} bytes`);
  return bytes.toString('utf8');
}

async function write(path: string, fleet: KeptFleet): Promise<void> {
  try {
    await writeWholeFile(path, `${JSON.stringify(fleet, null, 2)}\n`, { mode: 0o600 });
  } catch (cause) {
    throw agentError('STATE_UNSAVED', `${path} cannot be written`, { cause });
  }
}

function keptOf(plan: FleetPlan, target: Pick<EngineTarget, 'url' | 'pushUrl' | 'mqttPort' | 'isEmbedded'>): KeptFleet {
  const { url, pushUrl, mqttPort, isEmbedded } = target;
  return {
    version: 1,
    seed: plan.seed,
    groups: plan.groups.map(({ enrolled, ...group }) => ({
      ...group,
      ...(enrolled === undefined ? {} : { enrolled: [...enrolled] }),
    })),
    users: keptUsers(plan.users),
    server: {
      url,
      isEmbedded,
      ...(pushUrl === undefined ? {} : { pushUrl }),
      ...(mqttPort === undefined ? {} : { mqttPort }),
    },
  };
}

/** Of a file, only what tells whether it is the same: its rows have secrets. */
function keptUsers(users: Users): KeptFleet['users'] {
  if (!('rows' in users)) return users;
  const names = users.rows.map(({ user }) => user);
  return { file: users.file, sha256: createHash('sha256').update(JSON.stringify(names)).digest('hex') };
}

function adopted(folder: string, fleet: KeptFleet, plan: FleetPlan, asked: AskedFor) {
  const differs = (what: string): Error =>
    fleetError('FLEET_DIFFERS', `the fleet in ${folder} ${what}`, {
      details: { seed: fleet.seed, groups: fleet.groups },
    });
  if (asked.seed && plan.seed !== fleet.seed) throw differs(`has the seed ${fleet.seed}, not ${plan.seed}`);
  const isSameCrowd = crowdOf(plan.groups) === crowdOf(fleet.groups);
  if (asked.devices && !isSameCrowd) throw differs(`has ${shown(fleet.groups)}, not ${shown(plan.groups)}`);
  const names = new Set(fleet.groups.map(({ name }) => name));
  for (const step of plan.phases.flatMap(({ steps }) => steps))
    for (const name of step.of?.groups ?? [])
      if (!names.has(name)) throw differs(`has no group "${name}", which step "${step.name}" is for`);
  const notes = [`the fleet in ${folder} goes on: ${shown(fleet.groups)}, seed ${fleet.seed}`];
  if (!isSameCrowd) notes.push(`the scenario’s own devices (${shown(plan.groups)}) are not used`);
  return { plan: { ...plan, seed: fleet.seed, groups: fleet.groups, users: usersOf(fleet, plan, differs) }, notes };
}

function usersOf(fleet: KeptFleet, plan: FleetPlan, differs: (what: string) => Error): Users {
  if (!('sha256' in fleet.users)) return fleet.users;
  const present = keptUsers(plan.users);
  if ('sha256' in present && present.sha256 === fleet.users.sha256) return plan.users;
  throw differs(`belongs to the users of ${fleet.users.file}, which the scenario has to name`);
}

/** By exact counts: what decides which platform device k is of, and which model. */
const crowdOf = (groups: readonly DeviceGroup[]): string =>
  JSON.stringify(groups.map(({ name: _, ...group }) => group));

const shown = (groups: readonly DeviceGroup[]): string =>
  groups.map(({ name, count }) => `${name}:${count}`).join(',') || 'no devices';

function assertSameServer(
  folder: string,
  { server }: KeptFleet,
  { url, isEmbedded }: Pick<EngineTarget, 'url' | 'isEmbedded'>,
): void {
  if (server.url === url && server.isEmbedded === isEmbedded) return;
  const where = (each: { readonly url: string; readonly isEmbedded: boolean }) =>
    each.isEmbedded ? `the embedded stub at ${each.url}` : each.url;
  throw fleetError(
    'FLEET_DIFFERS',
    `the fleet in ${folder} is enrolled at ${where(server)}, not at ${where({ url, isEmbedded })}`,
  );
}
