import { availableParallelism, hostname } from 'node:os';
import { asError, isRollcallError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { faultyPorts } from '../faults/faulty-ports.js';
import { type HealthMeter, openHealth } from '../metrics/health.js';
import { Recorder } from '../metrics/recorder.js';
import { type EnginePorts, openEnginePorts } from './engine-ports.js';
import { type EngineClocks, RunTime, realClocks } from './engine-time.js';
import type { Channel, DeviceFailure, EngineError, FromEngine, ShardJob, ShardResult, ToEngine } from './messages.js';
import { PhaseRun } from './phase-run.js';
import { Population } from './population.js';
import { castOf, type Scene, type SceneOptions, sceneOf } from './scene.js';
import { shardOf } from './shard.js';
import type { World } from './world.js';

export interface EngineOptions extends Partial<SceneOptions> {
  readonly log: Log;
  /** Default: real ones, as the job says. */
  readonly openPorts?: (job: ShardJob, log: Log) => Promise<EnginePorts>;
  /** Default: the real ones. */
  readonly clocks?: EngineClocks;
  /** Default: of this process. */
  readonly health?: () => HealthMeter;
  /** What the steps of a plan are, how devices are invited and disturbed. Default: the real ones. */
  readonly scene?: Partial<Scene>;
}

/** An engine that hears nothing for so long sends nothing more, real ms. */
const patienceMs = 10_000;
const lookMs = 1_000;
const tellMs = 250;
/** In one message. */
const mostFailures = 500;

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
    this.#cancelLook = this.#clocks.clock.after(lookMs, () => {
      if (this.#isOver) return;
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

interface Means {
  readonly time: RunTime;
  readonly clocks: EngineClocks;
  readonly signal: AbortSignal;
  readonly post: (message: FromEngine) => void;
}

/** Everything that is made before a phase begins. Throws what cannot be had, INTERRUPTED. */
async function prepared(job: ShardJob, options: EngineOptions, means: Means): Promise<Running> {
  const { log, openPorts = openEnginePorts } = options;
  const { post, signal } = means;
  const made = await openPorts(job, log);
  try {
    await fillKeys(made, means);
    const running = new Running(job, made, options, means);
    post({
      type: 'ready',
      devices: running.devices,
      keys: made.keys.prepared,
      enrolled: await running.restore(signal),
    });
    return running;
  } catch (error) {
    await made.close();
    throw error;
  }
}

/** Waits until there are as many keys as are made in advance, telling now and then how many. */
async function fillKeys({ keys, pool }: EnginePorts, { clocks, post, signal }: Means): Promise<void> {
  let cancel = (): void => undefined;
  const tell = (): void => {
    post({ type: 'preparing', what: 'keys', done: Math.min(pool, keys.prepared), total: pool });
    if (keys.prepared < pool) cancel = clocks.clock.after(tellMs, tell);
  };
  tell();
  try {
    await keys.ready(signal);
  } finally {
    cancel();
  }
  post({ type: 'preparing', what: 'keys', done: pool, total: pool });
}

/** An engine that is ready, phase after phase. */
class Running {
  readonly job: ShardJob;
  /** How many devices take part here. */
  readonly devices: number;
  readonly #made: EnginePorts;
  readonly #means: Means;
  readonly #world: World;
  readonly #recorder: Recorder;
  readonly #health: HealthMeter;
  readonly #population: Population;
  #failures: DeviceFailure[] = [];
  #present: { readonly number: number; readonly run: PhaseRun } | undefined;
  #seq = 0;
  #skewMs = 0;
  #cancelTell: () => void = () => undefined;

  constructor(job: ShardJob, made: EnginePorts, options: EngineOptions, means: Means) {
    this.job = job;
    this.#made = made;
    this.#means = means;
    const { plan, target } = job;
    const { time, clocks, signal } = means;
    const { env = process.env, readUsers = unread, faulty = faultyPorts } = options;
    const scene = { ...sceneOf(job, { env, readUsers, faulty }), ...options.scene };
    const cast = castOf(plan);
    const shard = shardOf(job);
    const only = job.only === undefined ? undefined : new Set(job.only);
    this.#health = (options.health ?? openHealth)();
    this.#recorder = new Recorder({
      elapsed: time.elapsed,
      windows: scene.windows(plan),
      ...(target.isEmbedded ? { embedded: target.url } : {}),
    });
    this.#population = new Population({
      seed: plan.seed,
      groups: plan.groups,
      cast,
      shard,
      ports: made.ports,
      constants: () => made.keys.publicKeys(),
      lenient: scene.lenient,
      native: scene.native,
      identityOf: scene.identityOf(cast),
      onEvent: this.#recorder.told.hear,
      onWakeLost: this.#recorder.told.hearLost,
    });
    this.devices = countOf(shard.size, (slot) => only?.has(shard.indexOf(slot)) !== false);
    this.#world = {
      plan,
      cast,
      population: this.#population,
      shard: job.shard,
      takesPart: (index) => only?.has(index) !== false,
      sink: this.#recorder,
      log: options.log,
      clock: clocks.clock,
      elapsed: time.elapsed,
      deviceNow: () => made.ports.clock.now(),
      signal,
      kindOf: scene.kindOf,
      arrivals: scene.arrivals,
      invitation: scene.invitation,
      through: scene.through(this.#recorder, cast),
      failed: (failure) => this.#failures.push(failure),
      tally: { enrolled: 0, switched: 0 },
      onLate: (ms) => this.#health.late(ms),
      gracefulMs: job.stop.gracefulMs,
    };
    this.#tell();
  }

  /** Puts those in their places that an earlier run has kept. How many there were. */
  async restore(_signal: AbortSignal): Promise<number> {
    return 0;
  }

  begin({ phase: number, wallAt, scenarioAt, scale }: ToEngine & { readonly type: 'begin' }): void {
    const phase = this.job.plan.phases[number];
    if (phase === undefined || this.#present !== undefined) throw new RangeError(`phase ${number} cannot begin now`);
    const { time, clocks, post } = this.#means;
    time.beginAt(wallAt);
    const beganAt = time.at(wallAt);
    const run = new PhaseRun(this.#world, phase, { beganAt, scale });
    this.#present = { number, run };
    clocks.clock.after(Math.max(0, beganAt - time.elapsed()), () => {
      const skewMs = Math.max(0, time.elapsed() - beganAt);
      this.#skewMs = Math.max(this.#skewMs, skewMs);
      this.#made.pace(scenarioAt, scale);
      post({ type: 'began', phase: number, skewMs });
    });
    run.begin();
    run.ended.then(
      () => this.#phaseEnded(number, run),
      () => undefined,
    );
  }

  happened({ step, wallAt, value }: ToEngine & { readonly type: 'happened' }): void {
    this.#present?.run.happened(step, this.#means.time.at(wallAt), value);
  }

  endPhase(number: number): void {
    if (this.#present?.number === number) this.#present.run.close();
  }

  /** Starts nothing more. Resolves when nothing goes on. */
  async stop(): Promise<void> {
    await this.#present?.run.stop();
  }

  finish(outcome: ShardResult['outcome']): void {
    this.#post();
    const { runId, shard, versions } = this.job;
    const { started, failed } = this.#population;
    this.#means.post({
      type: 'result',
      result: {
        v: 1,
        runId,
        shard: shard.i,
        outcome,
        devices: { planned: this.devices, started, failed, ...this.#world.tally },
        startSkewMs: this.#skewMs,
        worker: { pid: process.pid, host: hostname(), cores: availableParallelism(), tool: versions.tool },
        keys: this.#made.keys.describe().keys,
      },
    });
  }

  async close(): Promise<void> {
    this.#cancelTell();
    this.#health.close();
    await this.#made.close();
  }

  #phaseEnded(number: number, run: PhaseRun): void {
    if (this.#present?.run !== run) return;
    this.#post();
    this.#present = undefined;
    this.#means.post({ type: 'phase-done', phase: number });
  }

  #tell(): void {
    this.#cancelTell = this.#means.clocks.clock.after(this.job.live.everyMs, () => {
      if (this.#present !== undefined) this.#post();
      this.#tell();
    });
  }

  #post(): void {
    const { post } = this.#means;
    const failures = this.#failures;
    this.#failures = [];
    for (let at = 0; at < failures.length; at += mostFailures)
      post({ type: 'failures', failures: failures.slice(at, at + mostFailures) });
    const present = this.#present;
    const delta = this.#recorder.take({
      scenarioMs: present?.run.phaseMs() ?? 0,
      phase: present?.number ?? -1,
      health: this.#health.take(),
    });
    post({ type: 'delta', seq: this.#seq++, delta });
  }
}

const unread = (file: string): never => {
  throw new Error(`${file} cannot be read here`);
};

function countOf(size: number, counts: (slot: number) => boolean): number {
  let count = 0;
  for (let slot = 0; slot < size; slot++) if (counts(slot)) count++;
  return count;
}

function told(thrown: unknown): EngineError {
  const error = asError(thrown);
  if (isRollcallError(error)) return { code: error.code, message: error.message, hint: error.hint };
  return { code: 'BUG', message: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) };
}
