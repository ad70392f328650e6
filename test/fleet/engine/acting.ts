import type { Device } from '../../../agent/index.js';
import { type ManualClock, manualClock } from '../../../base/clock.js';
import type { EngineOptions } from '../../../fleet/engine/engine.js';
import type { Health } from '../../../fleet/metrics/delta.js';
import type { FleetPlan, Pace, Phase, Step } from '../../../fleet/scenario/model.js';
import type { ActReason, DeviceStep, EngineContext, StepKind } from '../../../fleet/steps/kind.js';
import { jobOf, Led } from './coordinating.js';
import { idleEnginePorts } from './idle-ports.js';

export interface Act {
  readonly step: string;
  readonly index: number;
  readonly id: string;
  readonly at: number;
  readonly why: ActReason;
}

/** What devices do in a step instead of a session; default: nothing, and that well. */
export type Doing = (act: Act, device: Device, signal: AbortSignal) => Promise<void>;

const calm: Health = {
  loopP99Ms: 0,
  loopMaxMs: 0,
  lateP99Ms: 0,
  cpu: 0,
  rssBytes: 0,
  heapBytes: 0,
  descriptors: 0,
  sockets: 0,
  gcMs: 0,
};

const meter = { late: () => undefined, take: () => calm, close: () => undefined };

/** Steps with a pace, of devices that do what the test says; others are as they are. */
const actingKind = (acts: Act[], doing: Doing, clock: ManualClock): StepKind<Step> =>
  ({
    onDevices(step: Step & { readonly pace: Pace }, { signal }: EngineContext): DeviceStep {
      return {
        pace: step.pace,
        async act(device, index, why) {
          const act = { step: step.name, index, id: device.state.facts.id, at: clock.now(), why };
          acts.push(act);
          await doing(act, device, signal);
          return undefined;
        },
        isDone: () => true,
      };
    },
  }) as unknown as StepKind<Step>;

/** Engines of a plan on a clock that the test moves; nothing goes over a network. */
export function acting(
  plan: FleetPlan,
  { n = 1, doing = async () => undefined, ...options }: Partial<EngineOptions> & { n?: number; doing?: Doing } = {},
) {
  const clock = manualClock(1_000_000);
  const acts: Act[] = [];
  const engines = Array.from({ length: n }, (_, i) => {
    const engine = new Led({
      clocks: { clock, monotonic: clock.now },
      openPorts: async () => idleEnginePorts(clock),
      health: () => meter,
      scene: { kindOf: () => actingKind(acts, doing, clock) },
      ...options,
    });
    const target = { url: 'https://none.test', hasClock: false, isEmbedded: false, invitations: {} };
    engine.tell({ type: 'job', job: jobOf(plan, target, { shard: { i, n } }) });
    return engine;
  });
  const ready = () => Promise.all(engines.map((engine) => engine.hears('ready')));
  /** Begins a phase now, and goes on for so long, hearing pings meanwhile. */
  const run = async (phase: number, ms: number) => {
    const scale = (plan.phases[phase] as Phase).scale;
    for (const engine of engines) engine.begin(phase, clock.now(), scale);
    await on(ms);
  };
  const on = async (ms: number) => {
    for (let left = ms; left > 0; left -= 5000) {
      for (const engine of engines) engine.tell({ type: 'ping' });
      await clock.advance(Math.min(5000, left));
    }
  };
  return { clock, acts, engines, ready, run, on };
}
