// An engine as its coordinator has it, with nothing of a coordinator but the messages: for benches and tests.
import type { Channel, EngineTarget, FromEngine, ShardJob, ToEngine } from '../fleet/engine/messages.js';
import { type Sums, Totals } from '../fleet/metrics/totals.js';
import { deviceTotal, type FleetPlan, type Phase, type Step } from '../fleet/scenario/model.js';

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

/** One engine at the other end of a channel; everything that it says is kept. `ended`, where it may end by itself: why. */
export class Led {
  readonly said: FromEngine[] = [];
  readonly totals = new Totals();
  readonly #channel: Channel<ToEngine, FromEngine>;
  readonly #waiting = new Set<() => void>();
  #why: string | undefined;

  constructor(channel: Channel<ToEngine, FromEngine>, ended?: Promise<string>) {
    this.#channel = channel;
    channel.listen((message) => {
      this.said.push(message);
      if (message.type === 'delta') this.totals.add(message.delta);
      this.#look();
    });
    void ended?.then((why) => {
      this.#why = why;
      this.#look();
    });
  }

  tell(message: ToEngine): void {
    this.#channel.post(message);
  }

  /** The next message of this type, or the first that `fits`, said before or later. Throws what the engine told instead. */
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
      if (this.#why !== undefined) throw new Error(`the engine is gone: ${this.#why}`);
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

  /** Takes it through a phase that begins now. */
  async goesThrough(phase: number): Promise<void> {
    this.begin(phase, Date.now());
    await this.hears('phase-done', (each) => each.phase === phase);
  }

  /** A word each second, without which it would stop by itself; the function returned ends that. */
  pings(): () => void {
    const timer = setInterval(() => this.tell({ type: 'ping' }), 1000);
    return () => clearInterval(timer);
  }

  /** Everything that a step counted and timed. */
  of(step: string): Sums {
    return this.totals.of({ step });
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}
