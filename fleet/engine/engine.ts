import { asError, isRollcallError } from '../../base/errors.js';
import { type EngineClocks, RunTime, realClocks } from './engine-time.js';
import type { Channel, EngineError, FromEngine, ShardJob, ShardResult, ToEngine } from './messages.js';
import { type EngineOptions, prepared, type Running } from './running.js';

export type { EngineOptions } from './running.js';

/** An engine that hears nothing for so long sends nothing more, real ms. */
const patienceMs = 10_000;
const lookMs = 1_000;

/**
 * Runs one shard as the coordinator at the other end of the channel says (messages.ts). Resolves when the result was posted, or that it
 * is not ready; rejects only for a fault of our own.
 *
 * @example
 * await runEngine(processChannel(), { log });
 */
export async function runEngine(channel: Channel<FromEngine, ToEngine>, options: EngineOptions): Promise<void> {
  const engine = new Engine(channel, options);
  channel.listen((message) => engine.hear(message));
  await engine.over;
}

type Stop = ToEngine & { readonly type: 'stop' };

class Engine {
  /** Resolves when everything is closed. */
  readonly over: Promise<void>;
  readonly #channel: Channel<FromEngine, ToEngine>;
  readonly #options: EngineOptions;
  readonly #clocks: EngineClocks;
  readonly #time: RunTime;
  readonly #ending = new AbortController();
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #running: Running | undefined;
  #heardAt: number;
  #stop: Stop | undefined;
  #cancelLook: () => void = () => undefined;
  #isOver = false;

  constructor(channel: Channel<FromEngine, ToEngine>, options: EngineOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#clocks = options.clocks ?? realClocks;
    this.#time = new RunTime(this.#clocks);
    this.#heardAt = this.#clocks.monotonic();
    this.over = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#look();
  }

  hear(message: ToEngine): void {
    this.#heardAt = this.#clocks.monotonic();
    this.#act(message).catch((error: unknown) => this.#broken(error));
  }

  async #act(message: ToEngine): Promise<void> {
    switch (message.type) {
      case 'job':
        return await this.#prepare(message.job);
      case 'ping':
        return this.#channel.post({ type: 'pong' });
      case 'stop':
        return await this.#end(message);
      case 'begin':
        return this.#running?.begin(message);
      case 'happened':
        return this.#running?.happened(message);
      case 'end-phase':
        return this.#running?.endPhase(message.phase);
      case 'finish':
        return await this.#finish('completed');
    }
  }

  async #prepare(job: ShardJob): Promise<void> {
    try {
      this.#running = await prepared(job, this.#options, {
        time: this.#time,
        clocks: this.#clocks,
        signal: this.#ending.signal,
        post: (message) => this.#channel.post(message),
      });
    } catch (error) {
      this.#channel.post({ type: 'not-ready', error: told(error) });
      await this.#close();
      return;
    }
    if (this.#stop !== undefined) await this.#end(this.#stop);
  }

  /** Once gracefully, the second time, or where it is to be hard, at once. */
  async #end(stop: Stop): Promise<void> {
    const isSecond = this.#stop !== undefined;
    this.#stop = stop;
    if (stop.hard || (isSecond && this.#running !== undefined)) this.#ending.abort(new Error(stop.why));
    if (this.#running === undefined) {
      this.#ending.abort(new Error(stop.why)); // while it is prepared
      return;
    }
    if (isSecond) return;
    const { gracefulMs } = this.#running.job.stop;
    const cancel = this.#clocks.clock.after(gracefulMs, () => this.#ending.abort(new Error(stop.why)));
    await this.#running.stop();
    cancel();
    await this.#finish('cancelled');
  }

  async #finish(outcome: ShardResult['outcome']): Promise<void> {
    if (this.#isOver) return;
    this.#running?.finish(outcome);
    await this.#close();
  }

  async #close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelLook();
    await this.#running?.close();
    this.#resolve();
  }

  #broken(error: unknown): void {
    this.#options.log.error('BUG', { during: 'engine', error: asError(error) });
    this.#channel.post({ type: 'problem', error: told(error) });
    this.#ending.abort(asError(error));
    this.#close().then(
      () => this.#reject(error),
      () => this.#reject(error),
    );
  }

  /** Whoever is not asked for anything any more must not go on sending: the coordinator, or the line to it, is gone. */
  #look(): void {
    const lookedAt = this.#clocks.monotonic();
    this.#cancelLook = this.#clocks.clock.after(lookMs, () => {
      if (this.#isOver) return;
      // While this process itself did nothing, halted or held up by one long computation, nobody was silent.
      this.#heardAt += Math.max(0, this.#clocks.monotonic() - lookedAt - 2 * lookMs);
      this.#look();
      if (this.#silentMs() <= patienceMs) return;
      // A process that was halted has its messages waiting: they are heard first.
      setImmediate(() => {
        if (this.#isOver || this.#silentMs() <= patienceMs) return;
        const why = `nothing was heard of the coordinator for ${patienceMs / 1000} s`;
        this.hear({ type: 'stop', hard: true, why });
      });
    });
  }

  #silentMs(): number {
    return this.#clocks.monotonic() - this.#heardAt;
  }
}

function told(thrown: unknown): EngineError {
  const error = asError(thrown);
  if (isRollcallError(error)) return { code: error.code, message: error.message, hint: error.hint };
  return { code: 'BUG', message: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) };
}
