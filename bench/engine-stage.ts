// An embedded authority in a process of its own and a load engine here: what the figures of check-in and enrollment are measured through.
import { fileURLToPath } from 'node:url';
import type { DeviceState, HttpObservation, Ports } from '../agent/index.js';
import { silentLog } from '../base/log.js';
import { startEmbedded } from '../fleet/coordinator/embedded.js';
import { localEngine } from '../fleet/coordinator/local-engine.js';
import { runEngine } from '../fleet/engine/engine.js';
import { openEnginePorts } from '../fleet/engine/engine-ports.js';
import type { ShardJob } from '../fleet/engine/messages.js';
import { type Scene, sceneOf } from '../fleet/engine/scene.js';
import { engineTargetOf, type Target } from '../fleet/engine/target.js';
import { faultyPorts } from '../fleet/faults/faulty-ports.js';
import type { DeviceGroup, Phase, Step } from '../fleet/scenario/model.js';
import type { DeviceStep, StepKind } from '../fleet/steps/kind.js';
import { kindOf } from '../fleet/steps/registry.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import { cpuSeconds, type Round } from './cpu.js';
import { jobOf, Led, planOf } from './led.js';
import { type RecordedRequest, recording } from './recorded.js';

export interface EngineStageOptions {
  readonly platform: PlatformName;
  readonly groups: readonly DeviceGroup[];
  readonly phases: readonly Phase[];
  /** Steps whose devices and requests are looked at: a bare loop is made of them. The others run as in any fleet. */
  readonly watched: readonly string[];
}

export interface EngineStage {
  readonly target: Target;
  readonly keys: Ports['keys'];
  /** Takes the engine through phase `number` of the plan. */
  phase(number: number): Promise<void>;
  /** The phases from `first` on, `count` of them: how often their step passed for a second of this process's CPU time. Throws where one failed. */
  round(step: string, first: number, count: number): Promise<Round>;
  /** Devices as they were at the end of a step that is watched, by index. */
  readonly states: ReadonlyMap<number, DeviceState>;
  /** What each asked over HTTP in the last step that is watched. */
  readonly requests: ReadonlyMap<number, readonly RecordedRequest[]>;
  /** Sees every HTTP exchange of a watched step. */
  readonly exchanges: readonly HttpObservation[];
  close(): Promise<void>;
}

/** How many sessions go on at the same time, in the engine and in bare loops. */
export const wide = 4;

/** Everything is the engine's own but this: Android devices do not wait to be woken (their connections to a broker are the bench `mqtt`'s). */
export async function openEngineStage({ platform, groups, phases, watched }: EngineStageOptions): Promise<EngineStage> {
  const self = [process.execPath, fileURLToPath(new URL('../cli.js', import.meta.url))];
  const plan = planOf({
    name: 'bench',
    seed: 'bench',
    groups,
    users: { devicesEach: 10 },
    authority: 'intune',
    keys: { pool: 16 },
    concurrency: wide,
    phases,
  });
  const target = await startEmbedded({ self, plan, signal: new AbortController().signal });
  const job = jobOf(plan, engineTargetOf(target));
  const seen = watching(job, new Set(watched));
  let keys: Ports['keys'] | undefined;
  const link = localEngine((channel) =>
    runEngine(channel, {
      log: silentLog,
      scene: seen.scene,
      async openPorts(...asked) {
        const made = await openEnginePorts(...asked);
        keys = made.ports.keys;
        const { wake: _, ...unwoken } = made.ports;
        return platform === 'android' ? { ...made, ports: unwoken } : made;
      },
    }),
  );
  const led = new Led(link, link.ended);
  const endPings = led.pings();
  const close = async () => {
    endPings();
    led.tell({ type: 'stop', hard: true, why: 'it is over' });
    await link.ended;
    await target.close();
  };
  try {
    led.tell({ type: 'job', job });
    await led.hears('ready');
    if (keys === undefined) throw new Error('an engine is ready without ports');
  } catch (error) {
    await close();
    throw error;
  }
  const passed = (step: string): number => {
    const sums = led.of(step);
    const [failure] = led.said.flatMap((message) => (message.type === 'failures' ? message.failures : []));
    if (failure !== undefined) throw new Error(`device ${failure.index} failed: ${failure.code}, ${failure.message}`);
    for (const counter of ['failures', 'skipped', 'dropped'])
      if (sums.counter(counter) > 0) throw new Error(`${step}: ${sums.counter(counter)} ${counter}`);
    return sums.counter('passed');
  };
  return {
    target,
    keys,
    ...seen.found,
    phase: (number) => led.goesThrough(number),
    async round(step, first, count) {
      const [before, passedBefore] = [cpuSeconds(), passed(step)];
      for (let number = first; number < first + count; number++) await led.goesThrough(number);
      return { perCpuSecond: (passed(step) - passedBefore) / (cpuSeconds() - before) };
    },
    close,
  };
}

/** The engine's own scene, that shows what happens in some steps. */
function watching(job: ShardJob, watched: ReadonlySet<string>) {
  const states = new Map<number, DeviceState>();
  const requests = new Map<number, RecordedRequest[]>();
  const exchanges: HttpObservation[] = [];
  const own = sceneOf(job, { env: {}, readUsers: () => job.plan.users, faulty: faultyPorts });
  const through: Scene['through'] = (sink, cast) => {
    const reached = own.through(sink, cast);
    return (index, subject, ageMs) => {
      const usual = reached(index, subject, ageMs);
      if (!watched.has(subject('').step)) return usual;
      return (ports) => {
        const each = usual({ ...ports, http: observed(ports.http, (exchange) => exchanges.push(exchange)) });
        const recorded = recording(each.http);
        requests.set(index, recorded.requests as RecordedRequest[]);
        return { ...each, http: recorded.http };
      };
    };
  };
  const scene: Partial<Scene> = {
    through,
    kindOf: (step) => {
      const usual: StepKind<Step> = kindOf(step);
      const kind = step.kind === 'enroll' ? { ...usual, ...enrollmentAlone } : usual;
      return watched.has(step.name) ? keeping(kind, states) : kind;
    },
  };
  return { scene, found: { states, requests, exchanges } };
}

/** Without the first session, which the fleet's own step begins where the platform does: sessions are the other figure. */
const enrollmentAlone: Pick<StepKind<Step>, 'onDevices'> = {
  onDevices: (step, { invitation, signal }) => ({
    ...('pace' in step ? { pace: step.pace } : {}),
    async act(device, index) {
      await device.enroll(invitation(index, device.state.facts), signal);
      return undefined;
    },
    isDone: () => true,
  }),
};

function keeping(kind: StepKind<Step>, states: Map<number, DeviceState>): StepKind<Step> {
  return {
    ...kind,
    onDevices(step, context): DeviceStep {
      const made = kind.onDevices?.(step, context) ?? { isDone: () => true };
      const { act } = made;
      if (act === undefined) return made;
      return {
        ...made,
        async act(device, index, why) {
          const acted = await act(device, index, why);
          states.set(index, device.state);
          return acted;
        },
      };
    },
  };
}

const observed = (http: Ports['http'], see: (exchange: HttpObservation) => void): Ports['http'] => ({
  open: (options = {}) => {
    const { observe } = options;
    return http.open({
      ...options,
      observe(exchange) {
        see(exchange);
        observe?.(exchange);
      },
    });
  },
});
