// One engine of a fleet in this process, led phase by phase: what benches measure it by.
import { silentLog } from '../base/log.js';
import { localChannel } from '../fleet/coordinator/local-engine.js';
import { type EngineOptions, runEngine } from '../fleet/engine/engine.js';
import type { EngineTarget, FromEngine, ShardJob, ToEngine } from '../fleet/engine/messages.js';
import { Totals } from '../fleet/metrics/totals.js';
import type { FleetPlan } from '../fleet/scenario/model.js';
import { jobOf } from './led.js';

export interface LedEngine {
  /** What it has measured so far. */
  readonly totals: Totals;
  /** Runs phase `number` of the plan to its end. */
  phase(number: number): Promise<void>;
  /** Ends it in good order. */
  finish(): Promise<void>;
  /** Ends it in any case; after `finish` nothing is left to end. */
  close(): Promise<void>;
}

/** What is another than in a run in memory. */
export interface EngineChanges {
  readonly job?: Partial<ShardJob>;
  readonly openPorts?: EngineOptions['openPorts'];
}

/** Opens an engine that has the whole of a plan, and waits until it is ready. Throws why it cannot be. */
export async function openEngine(
  plan: FleetPlan,
  target: EngineTarget,
  { job, openPorts }: EngineChanges = {},
): Promise<LedEngine> {
  const [mine, its] = localChannel<ToEngine, FromEngine>();
  const engine = runEngine(its, { log: silentLog, ...(openPorts === undefined ? {} : { openPorts }) });
  const totals = new Totals();
  const waiting = new Map<FromEngine['type'], () => void>();
  let fail: (error: Error) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
  });
  broken.catch(() => undefined); // whoever waits next hears of it
  mine.listen((message) => {
    if (message.type === 'delta') totals.add(message.delta);
    if (message.type === 'not-ready' || message.type === 'problem') fail(new Error(message.error.message));
    waiting.get(message.type)?.();
  });
  const next = (type: FromEngine['type']): Promise<void> =>
    Promise.race([new Promise<void>((resolve) => waiting.set(type, resolve)), broken]);
  const pings = setInterval(() => mine.post({ type: 'ping' }), 1000);
  const close = async (): Promise<void> => {
    clearInterval(pings);
    mine.post({ type: 'stop', hard: true, why: 'it is over' });
    await engine.catch(() => undefined);
  };
  try {
    mine.post({ type: 'job', job: jobOf(plan, target, job) });
    await next('ready');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    totals,
    async phase(number) {
      const wallAt = Date.now() + 300;
      mine.post({ type: 'begin', phase: number, wallAt, scenarioAt: wallAt, scale: 1 });
      await next('phase-done');
    },
    async finish() {
      mine.post({ type: 'finish' });
      await next('result');
    },
    close,
  };
}
