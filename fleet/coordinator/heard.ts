// What engines say of themselves and what they measured, on its way to the log.
import type { EngineError, FromEngine } from '../engine/messages.js';
import type { LogEvent } from '../log/events.js';

export interface HeardOptions {
  readonly log: (event: LogEvent) => void;
  /** Milliseconds of the run. */
  readonly atMs: () => number;
  /** An engine cannot be ready, or cannot go on. */
  readonly onProblem: (ending: 'not-started' | 'incomplete', problem: EngineError) => void;
  /** Engines that prepare have said something. */
  readonly onProgress: () => void;
}

/** Hears all engines. */
export class Heard {
  readonly #options: HeardOptions;
  /** How late the last engine began each phase, in ms. */
  readonly #skews = new Map<number, number>();
  readonly #preparations = new Map<number, { done: number; total: number }>();
  #keys = 0;

  constructor(options: HeardOptions) {
    this.#options = options;
  }

  /** Keys that engines have made or share, all together. */
  get keys(): number {
    return this.#keys;
  }

  /** How much later than it was said the last engine began this phase, in ms. */
  skewOf(phase: number): number | undefined {
    return this.#skews.get(phase);
  }

  hear(shard: number, message: FromEngine): void {
    const { log, onProblem, onProgress } = this.#options;
    switch (message.type) {
      case 'preparing':
        onProgress();
        this.#prepared(shard, message);
        return;
      case 'ready':
        this.#keys += message.keys;
        return;
      case 'not-ready':
        onProblem('not-started', message.error);
        return;
      case 'delta':
        log({ type: 'delta', shard, seq: message.seq, delta: message.delta });
        return;
      case 'failures':
        for (const failure of message.failures) log({ type: 'failure', failure });
        return;
      case 'began':
        this.#skews.set(message.phase, Math.max(this.#skews.get(message.phase) ?? 0, message.skewMs));
        return;
      case 'note':
        this.note(message.text);
        return;
      case 'result':
        log({ type: 'result', result: message.result });
        return;
      case 'problem':
        onProblem('incomplete', message.error);
        return;
      default:
        return;
    }
  }

  note(text: string): void {
    const { log, atMs } = this.#options;
    log({ type: 'note', atMs: atMs(), text });
  }

  /** Of all engines together. */
  #prepared(shard: number, { what, done, total }: { what: string; done: number; total: number }): void {
    this.#preparations.set(shard, { done, total });
    const all = [...this.#preparations.values()];
    const sum = (of: (each: { done: number; total: number }) => number) =>
      all.reduce((total, each) => total + of(each), 0);
    this.#options.log({
      type: 'preparing',
      atMs: -1,
      what,
      done: sum((each) => each.done),
      total: sum((each) => each.total),
    });
  }
}
