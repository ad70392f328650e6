import type { GeneratorHealth } from '../report/summary.js';
import type { Health } from './delta.js';

/** Beyond which a generator measures itself rather than the authority (each in one second). */
export const bounds = {
  /** p99 of the event loop's delay, in ms. */
  loopP99Ms: 20,
  /** p99 of how late starts were because of the process, in ms. */
  lateP99Ms: 10,
  /** Of one core. */
  cpu: 0.85,
  /** Of the descriptors that a process may have; of the ports that connections may go out from. */
  descriptors: 0.8,
  ports: 0.8,
} as const;

/** What a machine gives, where the system says. */
interface Limits {
  readonly descriptors?: number;
  readonly ports?: number;
}

type Cause = keyof typeof bounds;

/** One second now and then is a collection of garbage; more of them are a generator that is too slow. */
const fewest = 2;
const share = 0.05;

/** Watches over how the engines were, from their deltas. */
export class GeneratorWatch {
  readonly #seconds = new Set<number>();
  readonly #saturated = new Set<number>();
  readonly #by = new Map<Cause, Set<number>>();
  readonly #max = { loopP99Ms: 0, lateP99Ms: 0, cpu: 0, rssBytes: 0, descriptors: 0, sockets: 0 };
  /** The memory of each process as it was last. */
  readonly #rss = new Map<string, number>();
  limits: Limits = {};

  /** `who` tells processes apart; `atMs`: when it was measured. */
  add(who: string, atMs: number, health: Partial<Health>): void {
    const second = Math.floor(atMs / 1000);
    this.#seconds.add(second);
    for (const name of ['loopP99Ms', 'lateP99Ms', 'cpu', 'descriptors', 'sockets'] as const)
      this.#max[name] = Math.max(this.#max[name], health[name] ?? 0);
    this.#rss.set(who, health.rssBytes ?? 0);
    this.#max.rssBytes = Math.max(
      this.#max.rssBytes,
      [...this.#rss.values()].reduce((sum, each) => sum + each, 0),
    );
    for (const cause of causesOf(health, this.limits)) {
      this.#saturated.add(second);
      const seconds = this.#by.get(cause) ?? new Set();
      this.#by.set(cause, seconds.add(second));
    }
  }

  /** The verdict so far. `isShared`: the authority runs on this machine too. */
  verdict(isShared: boolean): GeneratorHealth {
    const least = Math.max(fewest, share * this.#seconds.size);
    const reasons = [...this.#by]
      .filter(([cause, seconds]) => seconds.size >= least || cause === 'descriptors' || cause === 'ports')
      .map(([cause, seconds]) => `${this.#reason(cause)} in ${seconds.size} of ${this.#seconds.size} seconds`);
    const { loopP99Ms, lateP99Ms, cpu, rssBytes, descriptors } = this.#max;
    return {
      state: reasons.length > 0 ? 'bound' : 'sound',
      isShared,
      reasons,
      loopP99Ms,
      lateP99Ms,
      cpuMax: cpu,
      rssMaxBytes: rssBytes,
      descriptorsMax: descriptors,
      saturatedSeconds: this.#saturated.size,
    };
  }

  #reason(cause: Cause): string {
    const ms = (value: number) => `${Math.round(value)} ms`;
    const percent = (value: number) => `${Math.round(value * 100)} %`;
    const { loopP99Ms, lateP99Ms, cpu, descriptors, sockets } = this.#max;
    switch (cause) {
      case 'loopP99Ms':
        return `the event loop was held up by more than ${bounds.loopP99Ms} ms (p99, at most ${ms(loopP99Ms)})`;
      case 'lateP99Ms':
        return `starts were more than ${bounds.lateP99Ms} ms late (p99, at most ${ms(lateP99Ms)})`;
      case 'cpu':
        return `an engine used more than ${percent(bounds.cpu)} of a core (at most ${percent(cpu)})`;
      case 'descriptors':
        return `more than ${percent(bounds.descriptors)} of ${this.limits.descriptors} descriptors were open (at most ${descriptors})`;
      case 'ports':
        return `more than ${percent(bounds.ports)} of ${this.limits.ports} ports were taken (at most ${sockets})`;
    }
  }
}

function causesOf(health: Partial<Health>, limits: Limits): Cause[] {
  const { loopP99Ms = 0, lateP99Ms = 0, cpu = 0, descriptors = 0, sockets = 0 } = health;
  const exceeded: Readonly<Record<Cause, boolean>> = {
    loopP99Ms: loopP99Ms > bounds.loopP99Ms,
    lateP99Ms: lateP99Ms > bounds.lateP99Ms,
    cpu: cpu > bounds.cpu,
    descriptors: limits.descriptors !== undefined && descriptors > bounds.descriptors * limits.descriptors,
    ports: limits.ports !== undefined && sockets > bounds.ports * limits.ports,
  };
  return (Object.keys(exceeded) as Cause[]).filter((cause) => exceeded[cause]);
}
