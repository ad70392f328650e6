// A device with a tree and nothing else: what tests of the engine work with.

import { agentError } from '../../../../../agent/errors.js';
import { seededRandom } from '../../../../../agent/io/random.js';
import { applyCommand } from '../../../../../agent/model/apply-command.js';
import type { Ports } from '../../../../../agent/model/ports.js';
import type { App } from '../../../../../agent/model/state.js';
import type { Apply } from '../../../../../agent/platform/driver.js';
import type { CspModule } from '../../../../../agent/platform/windows/csp/module.js';
import type { WindowsMemory } from '../../../../../agent/platform/windows/memory.js';
import type { TreeBehaviour } from '../../../../../agent/platform/windows/tree/behaviour.js';
import { csp } from '../../../../../agent/platform/windows/tree/ddf.js';
import { CspEngine, type EngineReport } from '../../../../../agent/platform/windows/tree/engine.js';
import { buildSchema } from '../../../../../agent/platform/windows/tree/tree-schema.js';
import { manualClock } from '../../../../../base/clock.js';
import { silentLog } from '../../../../../base/log.js';
import type { Item, SyncMlCommand, TreeVerb } from '../../../../../protocol/syncml/message.js';
import type { Command } from '../../../../../protocol/vocabulary.js';
import { someMemory, someState, viewOf } from '../some-device.js';

const nowhere = (): never => {
  throw new Error('a tree needs no such port');
};

export const somePorts: Ports = {
  clock: manualClock(Date.UTC(2026, 10, 26)),
  random: seededRandom('tree', 0),
  http: { open: nowhere },
  log: silentLog,
  keys: {
    take: nowhere,
    open: () => {
      throw agentError('KEY_MISSING', 'this device has no keys');
    },
    adopt: nowhere,
  },
};

/** A CSP that nobody but these tests has: cups of tea, by data alone. */
export const tea = csp(
  'Tea',
  `
./Vendor/MSFT/Tea, ./User/Vendor/MSFT/Tea [G] node
  Pot [G] node
    {Name} [ADGR] node * = RegEx:[A-Za-z ]{1,20}
      Sort [ADGR] chr = ENUM:black|green
      Minutes [ADGR] int ? def=3 = Range:[(-1)-15]
      Sugar [ADGR] bool ? = ENUM:false|true
      Leaves [ADG] bin ?
      Secret [ADGR] chr ? Masked
      Toppings [ADGR] node ?
        Lemon [ADGR] chr ?
      Pour [E] null
      Label [ADGR] chr ? CaseSense
  Tray [G] node
    {Guest} [ADGR] node * ATOMIC ReplaceExisting
      Cup [ADGR] chr
  Strength [GR] chr def=2 = Flag:0x1|0x2|0x8
  Anything [ADGR] chr/int/xml ?
`,
);

/** A device, its memory, and an engine for them. */
export interface Table {
  readonly memory: WindowsMemory;
  readonly applied: Command[];
  readonly names: () => readonly string[];
  readonly deviceName: () => string;
  readonly apps: () => readonly App[];
  run(...commands: readonly SyncMlCommand[]): Promise<EngineReport>;
  /** The codes of all Statuses, in the order in which they are sent. */
  codes(...commands: readonly SyncMlCommand[]): Promise<readonly number[]>;
  readonly engine: CspEngine;
}

interface TableOptions {
  readonly modules?: readonly CspModule[];
  readonly schemas?: readonly ReturnType<typeof csp>[];
  readonly behaviour?: TreeBehaviour;
  readonly signedIn?: 'user' | 'others' | 'none';
  /** What the device answers to a command; undefined: as a device does. */
  readonly apply?: (command: Command) => Awaited<ReturnType<Apply>> | undefined;
  readonly signal?: AbortSignal;
}

export function tableOf({
  modules = [],
  schemas = [tea],
  behaviour,
  signedIn,
  apply,
  signal,
}: TableOptions = {}): Table {
  let state = someState({ condition: signedIn === undefined ? {} : { signedIn } });
  const memory = someMemory();
  const applied: Command[] = [];
  const device = {
    ...viewOf(),
    get state() {
      return state;
    },
  };
  const engine = new CspEngine({
    device,
    ports: somePorts,
    memory,
    apply: async (command) => {
      const own = apply?.(command);
      if (own !== undefined) return own;
      applied.push(command);
      const after = applyCommand(state, command, 'test', 0);
      state = after.state;
      return after.outcome;
    },
    signal: signal ?? new AbortController().signal,
    schema: buildSchema(schemas),
    modules,
    ...(behaviour === undefined ? {} : { behaviour }),
  });
  const run: Table['run'] = (...commands) => engine.run(commands);
  return {
    memory,
    applied,
    names: () => state.holdings.map(({ profile }) => profile.name),
    deviceName: () => state.condition.deviceName,
    apps: () => state.apps,
    run,
    codes: async (...commands) =>
      (await run(...commands)).answers.flatMap(({ statuses }) => statuses.map(({ code }) => code)),
    engine,
  };
}

let lastId = 0;
const nextId = (): string => String(++lastId);

const command =
  (verb: TreeVerb) =>
  (target: string, data?: string, format?: string): SyncMlCommand => ({
    verb,
    cmdId: nextId(),
    items: [
      {
        target,
        ...(data === undefined ? {} : { data }),
        ...(format === undefined ? {} : { meta: { format } }),
      },
    ],
  });

export const add = command('Add');
export const replace = command('Replace');
export const remove = command('Delete');
export const get = command('Get');
export const exec = command('Exec');
export const getAll = (...targets: readonly string[]): SyncMlCommand => ({
  verb: 'Get',
  cmdId: nextId(),
  items: targets.map((target): Item => ({ target })),
});
export const atomic = (...commands: readonly SyncMlCommand[]): SyncMlCommand => ({
  verb: 'Atomic',
  cmdId: nextId(),
  commands,
});
export const sequence = (...commands: readonly SyncMlCommand[]): SyncMlCommand => ({
  verb: 'Sequence',
  cmdId: nextId(),
  commands,
});

export const pot = './Vendor/MSFT/Tea/Pot';
