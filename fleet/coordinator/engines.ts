// The engines of a run, all at once: what they said, who is still there, and waiting for all of them.
import type { Clock } from '../../base/clock.js';
import type { FromEngine, ShardJob, ShardResult, ToEngine } from '../engine/messages.js';
import type { EngineLink } from './link.js';

const beatMs = 1000;
/** Beats without a word from an engine: it is stopped, or its machine is. It stops by itself after ten without one of ours. */
const mostSilentBeats = 15;

export interface EnginesOptions {
  readonly links: readonly EngineLink[];
  /** Real. */
  readonly clock: Clock;
  /** What an engine says, but for what only tells that it is there. */
  readonly onMessage: (shard: number, message: FromEngine) => void;
  /** An engine ended, or was ended, before it said its result. */
  readonly onLost: (shard: number, why: string) => void;
  /** With each beat. */
  readonly onBeat?: () => void;
}

/** How far one engine is. */
interface Place {
  readonly link: EngineLink;
  silentBeats: number;
  isReady: boolean;
  /** Phases that it has done. */
  phasesDone: number;
  result: ShardResult | undefined;
  lost: string | undefined;
}

/**
 * Posts to all engines, hears them, and counts their heartbeats: beats are counted rather than time, so that a machine that slept,
 * or a coordinator that was stopped for a while, loses nobody.
 */
export class Engines {
  readonly #options: EnginesOptions;
  readonly #places: readonly Place[];
  readonly #waiting = new Set<() => void>();
  #cancelBeat = (): void => undefined;
  #isClosed = false;
  #isStopped = false;

  constructor(options: EnginesOptions) {
    this.#options = options;
    this.#places = options.links.map((link) => ({
      link,
      silentBeats: 0,
      isReady: false,
      phasesDone: 0,
      result: undefined,
      lost: undefined,
    }));
    for (const [shard, place] of this.#places.entries()) {
      place.link.listen((message) => this.#hear(shard, place, message));
      void place.link.ended.then((why) => this.#lose(shard, place, why));
    }
    this.#beat();
  }

  /** How many are there still: neither lost nor at their end. */
  get present(): number {
    return this.#present().length;
  }

  get count(): number {
    return this.#places.length;
  }

  /** Those that were lost. */
  get lost(): readonly { readonly shard: number; readonly why: string }[] {
    return this.#places.flatMap(({ lost }, shard) => (lost === undefined ? [] : [{ shard, why: lost }]));
  }

  get results(): readonly ShardResult[] {
    return this.#places.flatMap(({ result }) => result ?? []);
  }

  start(jobOf: (shard: number) => ShardJob): void {
    for (const [shard, { link }] of this.#places.entries()) link.post({ type: 'job', job: jobOf(shard) });
  }

  post(message: ToEngine): void {
    if (message.type === 'stop') this.#isStopped = true;
    for (const { link } of this.#present()) link.post(message);
  }

  areReady = (): boolean => this.#present().every(({ isReady }) => isReady);
  haveDone = (phase: number): boolean => this.#present().every(({ phasesDone }) => phasesDone > phase);
  areOver = (): boolean => this.#present().length === 0;

  /** Resolves once `test` is true, looked at whenever something has come or `look` was called. */
  until(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve) => {
      const look = () => {
        if (!test()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  /** As `until`, but after `ms` false. */
  async within(ms: number, test: () => boolean): Promise<boolean> {
    let isLate = false;
    const cancel = this.#options.clock.after(ms, () => {
      isLate = true;
      this.look();
    });
    await this.until(() => isLate || test());
    cancel();
    return test();
  }

  /** Something has changed that those who wait may wait for. */
  look(): void {
    for (const waiting of [...this.#waiting]) waiting();
  }

  /** Ends, with this reason, those who have not said their result. */
  lose(
    why: string,
    which: (place: { readonly isReady: boolean; readonly phasesDone: number }) => boolean = () => true,
  ): void {
    for (const [shard, place] of this.#places.entries())
      if (place.lost === undefined && place.result === undefined && which(place)) this.#end(shard, place, why);
  }

  /** No more is posted or heard; engines that are still there end. */
  close(): void {
    this.#isClosed = true;
    this.#cancelBeat();
    for (const { link, lost } of this.#places) {
      link.close();
      if (lost !== undefined) link.kill();
    }
  }

  #present(): readonly Place[] {
    return this.#places.filter(({ lost, result }) => lost === undefined && result === undefined);
  }

  #hear(shard: number, place: Place, message: FromEngine): void {
    if (this.#isClosed || place.lost !== undefined) return; // one that was given up and goes on after all
    place.silentBeats = 0;
    if (message.type === 'pong') return;
    if (message.type === 'ready') place.isReady = true;
    if (message.type === 'phase-done') place.phasesDone = Math.max(place.phasesDone, message.phase + 1);
    this.#options.onMessage(shard, message);
    if (message.type === 'result') this.#over(shard, place, message.result);
    this.look();
  }

  /** One that was not asked to stop, and did, has left out a part of the plan. */
  #over(shard: number, place: Place, result: ShardResult): void {
    if (result.outcome === 'completed' || this.#isStopped) place.result = result;
    else this.#lose(shard, place, 'it stopped by itself: it had heard nothing for too long');
  }

  #beat(): void {
    for (const [shard, place] of this.#places.entries()) {
      if (place.lost !== undefined || place.result !== undefined) continue;
      if (place.silentBeats++ >= mostSilentBeats)
        this.#end(shard, place, `it has not answered for ${(mostSilentBeats * beatMs) / 1000} s`);
      else place.link.post({ type: 'ping' });
    }
    this.#options.onBeat?.();
    this.look();
    this.#cancelBeat = this.#options.clock.after(beatMs, () => this.#beat());
  }

  #end(shard: number, place: Place, why: string): void {
    this.#lose(shard, place, why);
    place.link.kill();
  }

  #lose(shard: number, place: Place, why: string): void {
    if (this.#isClosed || place.lost !== undefined || place.result !== undefined) return;
    place.lost = why;
    this.#options.onLost(shard, why);
    this.look();
  }
}
