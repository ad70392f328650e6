// A device with the real trees, the real modules and the real engine. Commands are SyncML as a server writes it; its HTTP servers are
// scripted.
import { seededRandom } from '../../../../../agent/io/random.js';
import { applyCommand } from '../../../../../agent/model/apply-command.js';
import type { Happening } from '../../../../../agent/model/happening.js';
import type { Leniency } from '../../../../../agent/model/leniency.js';
import type { Ports } from '../../../../../agent/model/ports.js';
import type { DeviceState } from '../../../../../agent/model/state.js';
import { cspModules, cspSchemas } from '../../../../../agent/platform/windows/csp/index.js';
import { dropWork, noteEffects } from '../../../../../agent/platform/windows/effects.js';
import type { WindowsData, Work } from '../../../../../agent/platform/windows/saved.js';
import { CspEngine } from '../../../../../agent/platform/windows/tree/engine.js';
import { buildSchema } from '../../../../../agent/platform/windows/tree/tree-schema.js';
import { manualClock } from '../../../../../base/clock.js';
import { silentLog } from '../../../../../base/log.js';
import { decodeSyncMl } from '../../../../../protocol/syncml/read.js';
import type { Profile } from '../../../../../protocol/vocabulary.js';
import { type Script, scriptedHttp } from '../../../../support/scripted-http.js';
import { memoryKeys } from '../../ios/harness.js';
import { serverSays } from '../session-stage.js';
import { someMemory, someState } from '../some-device.js';

const schema = buildSchema(cspSchemas);

export interface CspStageOptions {
  readonly http?: Script;
  readonly data?: Partial<WindowsData>;
  readonly lenient?: readonly Leniency[];
  readonly signedIn?: 'user' | 'others' | 'none';
}

/** One command as a server writes it; `data` is escaped here. */
export function command(verb: string, target: string, data?: string, format = 'chr'): string {
  const meta =
    data === undefined && format === 'chr' ? '' : `<Meta><Format xmlns="syncml:metinf">${format}</Format></Meta>`;
  const value = data === undefined ? '' : `<Data>${escaped(data)}</Data>`;
  return `<${verb}><CmdID>${++commandNumber}</CmdID><Item><Target><LocURI>${target}</LocURI></Target>${meta}${value}</Item></${verb}>`;
}
let commandNumber = 100;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export const atomic = (...commands: readonly string[]): string =>
  `<Atomic><CmdID>${++commandNumber}</CmdID>${commands.join('')}</Atomic>`;

/** Adds of leaves below one node: `[name, value, format]`, chr where it does not say. */
export const adds = (
  uri: string,
  leaves: readonly (readonly [name: string, value: string, format?: string])[],
): string[] => leaves.map(([name, value, format]) => command('Add', `${uri}/${name}`, value, format));

export function openCsps({ http = () => undefined, data = {}, lenient = [], signedIn }: CspStageOptions = {}) {
  const clock = manualClock(Date.UTC(2026, 10, 26, 12));
  const scripted = scriptedHttp(http);
  const keys = memoryKeys();
  const ports: Ports = { clock, http: scripted, keys, random: seededRandom('csps', 1), log: silentLog };
  const memory = someMemory(data);
  const view: { state: DeviceState } = { state: someState(signedIn === undefined ? {} : { condition: { signedIn } }) };
  const told: Happening[] = [];
  const device = {
    get state() {
      return view.state;
    },
    lenient: new Set(lenient),
    tell: (happening: Happening) => void told.push(happening),
  };
  const engine = new CspEngine({
    device,
    ports,
    memory,
    schema,
    modules: cspModules,
    signal: new AbortController().signal,
    async apply(asked) {
      const applied = applyCommand(view.state, asked, 'test', clock.now());
      view.state = applied.state;
      return applied.outcome;
    },
  });
  const run = async (...commands: readonly string[]) => {
    const { commands: read } = decodeSyncMl(Buffer.from(serverSays(commands.join(''))));
    const report = await engine.run(read);
    noteEffects(report.effects, memory, clock.now());
    return report.answers;
  };
  return {
    clock,
    ports,
    keys,
    memory,
    told,
    http: scripted,
    view,
    run,
    /** The codes of the Statuses, in their order. */
    codes: async (...commands: readonly string[]) =>
      (await run(...commands)).flatMap(({ statuses }) => statuses.map(({ code }) => code)),
    /** The Status and the data that a Get is answered with. */
    async get(target: string): Promise<{ readonly code: number | undefined; readonly data: string | undefined }> {
      const [answer] = await run(command('Get', target));
      return { code: answer?.statuses[0]?.code, data: answer?.results[0]?.data };
    },
    profiles: (): readonly Profile[] => view.state.holdings.map(({ profile }) => profile),
    profile: (name: string): Profile | undefined =>
      view.state.holdings.map(({ profile }) => profile).find((each) => each.name === name),
    /** Does the work that is due, as a link does after a session; how many pieces there were. */
    async work(): Promise<number> {
      let done = 0;
      const due = (): Work | undefined => memory.data.works?.find(({ at }) => at === undefined || at <= clock.now());
      for (let work = due(); work !== undefined; work = due(), done++) {
        dropWork(work, memory);
        const outcome = await engine.work(work);
        if ('effects' in outcome) noteEffects(outcome.effects, memory, clock.now());
        else throw new Error(outcome.reason);
      }
      return done;
    },
  };
}
