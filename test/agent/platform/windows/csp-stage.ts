// A Windows device whose CSPs are asked through the real tree engine, without a session: one command at a time.
import { seededRandom } from '../../../../agent/io/random.js';
import { applyCommand } from '../../../../agent/model/apply-command.js';
import type { Ports } from '../../../../agent/model/ports.js';
import type { DeviceState } from '../../../../agent/model/state.js';
import type { Apply } from '../../../../agent/platform/driver.js';
import { cspModules, cspSchemas } from '../../../../agent/platform/windows/csp/index.js';
import type { Effect } from '../../../../agent/platform/windows/csp/module.js';
import type { WindowsData } from '../../../../agent/platform/windows/saved.js';
import { CspEngine } from '../../../../agent/platform/windows/tree/engine.js';
import { buildSchema } from '../../../../agent/platform/windows/tree/tree-schema.js';
import { manualClock } from '../../../../base/clock.js';
import { silentLog } from '../../../../base/log.js';
import type { SyncMlCommand, TreeVerb } from '../../../../protocol/syncml/message.js';
import type { Command } from '../../../../protocol/vocabulary.js';
import { type SomeDevice, someMemory, someState } from './some-device.js';

const schema = buildSchema(cspSchemas);
const startAt = Date.UTC(2026, 10, 26, 16, 20);

/** What came of a command: its status and, of a Get, what the node holds. */
export interface Answered {
  readonly code: number;
  readonly data?: string;
  readonly format?: string;
  readonly reason?: string;
}

const noKey = (): never => {
  throw new Error('no CSP of these needs a key');
};

export function openCsps(options: SomeDevice & { readonly data?: Partial<WindowsData> } = {}) {
  let state: DeviceState = someState(options);
  const memory = someMemory(options.data);
  const clock = manualClock(startAt);
  const effects: Effect[] = [];
  const carriedOut: Command[] = [];
  const ports: Ports = {
    clock,
    random: seededRandom('csps', 0),
    http: {
      open() {
        throw new Error('no CSP of these asks the network');
      },
    },
    log: silentLog,
    keys: {
      take: () => Promise.reject(new Error('no CSP of these needs a key')),
      open: noKey,
      adopt: noKey,
    },
  };
  const apply: Apply = async (command) => {
    carriedOut.push(command);
    const applied = applyCommand(state, command, 'test', clock.now());
    state = applied.state;
    return applied.outcome;
  };
  const run = async (commands: readonly SyncMlCommand[]) => {
    const engine = new CspEngine({
      device: {
        get state() {
          return state;
        },
        lenient: new Set(options.lenient),
        tell: () => {},
      },
      ports,
      memory,
      apply,
      signal: new AbortController().signal,
      schema,
      modules: cspModules,
    });
    const report = await engine.run(commands);
    effects.push(...report.effects);
    return report;
  };
  let count = 2;
  const ask = async (verb: TreeVerb, target: string, data?: string, format?: string): Promise<Answered> => {
    const item = {
      target,
      ...(format === undefined ? {} : { meta: { format } }),
      ...(data === undefined ? {} : { data }),
    };
    const { answers } = await run([{ verb, cmdId: String(count++), items: [item] }]);
    const [answer] = answers;
    const [status] = answer?.statuses ?? [];
    const [result] = answer?.results ?? [];
    if (status === undefined) throw new Error(`no answer to ${verb} ${target}`);
    return {
      code: status.code,
      ...(result?.data === undefined ? {} : { data: result.data }),
      ...(result?.meta?.format === undefined ? {} : { format: result.meta.format }),
      ...(status.reason === undefined ? {} : { reason: status.reason }),
    };
  };
  return {
    clock,
    ports,
    apply,
    memory,
    effects,
    carriedOut,
    run,
    get state() {
      return state;
    },
    /** The value of a leaf, or the status of the refusal. */
    async get(target: string): Promise<string | number> {
      const { code, data } = await ask('Get', target);
      return code === 200 ? (data ?? '') : code;
    },
    ask,
    add: async (target: string, data?: string, format = data === undefined ? 'node' : 'chr') =>
      (await ask('Add', target, data, format)).code,
    replace: async (target: string, data: string, format = 'chr') => (await ask('Replace', target, data, format)).code,
    remove: async (target: string) => (await ask('Delete', target)).code,
    exec: async (target: string, data?: string) => (await ask('Exec', target, data)).code,
  };
}
