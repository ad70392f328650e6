import { onTestFinished } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { type EngineOptions, runEngine } from '../../../fleet/engine/engine.js';
import type { Channel, EngineTarget, FromEngine, ShardJob, ToEngine } from '../../../fleet/engine/messages.js';
import { Totals } from '../../../fleet/metrics/totals.js';
import { deviceTotal, type FleetPlan, type Phase, type Step } from '../../../fleet/scenario/model.js';

/** A plan of one step for each phase, or of the phases given; what is not said is as small as can be. */
export function planOf({
  steps = [],
  phases = steps.map((step) => phaseOf(step.name, [step])),
  ...rest
}: Partial<FleetPlan> & { readonly steps?: readonly Step[] }): FleetPlan {
  return {
    version: 1,
    name: 't',
    seed: 't',
    groups: [{ name: 'ios', platform: 'ios', count: 4 }],
    users: { count: 3 },
    authority: 'office365',
    keys: { pool: 2 },
    concurrency: 64,
    connections: 'per-session',
    thresholds: [],
    abortOn: [],
    omitted: [],
    ...rest,
    phases,
  };
}

export const phaseOf = (name: string, steps: readonly Step[], rest: Partial<Phase> = {}): Phase => ({
  name,
  scale: 1,
  steps,
  faults: [],
  ...rest,
});

export const atOnce = { kind: 'open', arrivals: { shape: 'burst' } } as const;

export function jobOf(plan: FleetPlan, target: EngineTarget, rest: Partial<ShardJob> = {}): ShardJob {
  return {
    v: 1,
    runId: 'run',
    shard: { i: 0, n: 1 },
    devices: { from: 0, to: deviceTotal(plan) },
    plan,
    target,
    lenient: [],
    live: { everyMs: 1000 },
    stop: { gracefulMs: 5000 },
    localAddresses: [],
    versions: { tool: '0', protocol: 1 },
    ...rest,
  };
}

/** One engine as a coordinator has it, at the other end of a channel; everything that it says is kept. */
export class Led {
  readonly said: FromEngine[] = [];
  readonly totals = new Totals();
  readonly over: Promise<void>;
  #hear: (message: ToEngine) => void = () => undefined;
  readonly #waiting = new Set<() => void>();

  constructor(options: Partial<EngineOptions> = {}) {
    const channel: Channel<FromEngine, ToEngine> = {
      post: (message) => {
        this.said.push(message);
        if (message.type === 'delta') this.totals.add(message.delta);
        for (const look of this.#waiting) look();
      },
      listen: (listener) => {
        this.#hear = listener;
      },
      close: () => undefined,
    };
    this.over = runEngine(channel, { log: silentLog, ...options });
    onTestFinished(async () => {
      this.tell({ type: 'stop', hard: true, why: 'the test is over' });
      await this.over.catch(() => undefined);
    });
  }

  tell(message: ToEngine): void {
    this.#hear(message);
  }

  /** The next message of this type, or the first that `fits`, said before or later. */
  async hears<T extends FromEngine['type']>(
    type: T,
    fits: (message: FromEngine & { type: T }) => boolean = () => true,
  ): Promise<FromEngine & { type: T }> {
    const found = () =>
      this.said.find((each): each is FromEngine & { type: T } => each.type === type && fits(each as never));
    for (;;) {
      const message = found();
      if (message !== undefined) return message;
      const fatal = this.said.find((each) => each.type === 'not-ready' || each.type === 'problem');
      if (fatal !== undefined) throw new Error(JSON.stringify(fatal));
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
      });
    }
  }

  begin(phase: number, wallAt: number, scale = 1): void {
    this.tell({ type: 'begin', phase, wallAt, scenarioAt: wallAt, scale });
  }

  /** Everything that steps counted and timed, by step. */
  of(step: string) {
    return this.totals.of({ step });
  }
}
