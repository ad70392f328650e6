import { availableParallelism, hostname } from 'node:os';
import type { DeviceEvent, WakeObservation } from '../../agent/index.js';
import type { Log } from '../../base/log.js';
import { faultyPorts } from '../faults/faulty-ports.js';
import { type HealthMeter, openHealth } from '../metrics/health.js';
import { Recorder } from '../metrics/recorder.js';
import { type FleetStore, openFleetStore } from '../state/store.js';
import { type EnginePorts, openEnginePorts } from './engine-ports.js';
import type { EngineClocks, RunTime } from './engine-time.js';
import type { DeviceFailure, FromEngine, ShardJob, ShardResult, ToEngine } from './messages.js';
import { PhaseRun } from './phase-run.js';
import { Population } from './population.js';
import { castOf, type Scene, type SceneOptions, sceneOf } from './scene.js';
import { shardOf } from './shard.js';
import type { World } from './world.js';

export interface EngineOptions extends Partial<SceneOptions> {
  readonly log: Log;
  /** Default: real ones, as the job says. */
  readonly openPorts?: typeof openEnginePorts;
  /** Default: the real ones. */
  readonly clocks?: EngineClocks;
  /** Default: of this process. */
  readonly health?: () => HealthMeter;
  /** What the steps of a plan are, how devices are invited and disturbed. Default: the real ones. */
  readonly scene?: Partial<Scene>;
  /** Hears what happens on the devices, beside what is counted of it. */
  readonly onDevice?: (event: DeviceEvent, index: number) => void;
  /** The run is over; devices are as they are now. */
  readonly onClosing?: (population: Pick<Population, 'peek'>) => void;
}

const tellMs = 250;
/** Devices with kept connections that stay unpacked beside them. */
const mostHeld = 10_000;
/** In one message. */
const mostFailures = 500;

/** What it measures by and whom it tells. */
export interface Means {
  readonly time: RunTime;
  readonly clocks: EngineClocks;
  readonly signal: AbortSignal;
  readonly post: (message: FromEngine) => void;
}

/** Everything that is made before a phase begins. Throws what cannot be had, INTERRUPTED. */
export async function prepared(job: ShardJob, options: EngineOptions, means: Means): Promise<Running> {
  const { log, openPorts = openEnginePorts } = options;
  const { post, signal } = means;
  let hear: (observation: WakeObservation) => void = () => undefined;
  const made = await openPorts(job, log, (observation) => hear(observation));
  let store: FleetStore | undefined;
  try {
    await fillKeys(made, means);
    store = await storeOf(job, log);
    const running = new Running(job, made, options, means, store);
    hear = (observation) => running.hear(observation);
    post({
      type: 'ready',
      devices: running.devices,
      keys: made.keys.prepared,
      enrolled: await running.restore(signal),
    });
    return running;
  } catch (error) {
    await store?.close().catch(() => undefined); // why it could not be prepared says more
    await made.close();
    throw error;
  }
}

/** Where the job's devices are kept, with those of earlier runs. Throws STATE_CORRUPT, STATE_LOCKED, STATE_UNSAVED. */
async function storeOf(job: ShardJob, log: Log): Promise<FleetStore | undefined> {
  const { stateFolder: folder, generation, shard } = job;
  if (folder === undefined || generation === undefined) return undefined;
  return await openFleetStore({ folder, generation, part: shard.i, shard: shardOf(job), log });
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
export class Running {
  readonly job: ShardJob;
  /** How many devices take part here. */
  readonly devices: number;
  readonly #made: EnginePorts;
  readonly #means: Means;
  readonly #world: World;
  readonly #recorder: Recorder;
  readonly #health: HealthMeter;
  readonly #population: Population;
  readonly #store: FleetStore | undefined;
  readonly #onClosing: EngineOptions['onClosing'];
  #failures: DeviceFailure[] = [];
  #present: { readonly number: number; readonly run: PhaseRun } | undefined;
  #seq = 0;
  #skewMs = 0;
  #cancelTell: () => void = () => undefined;

  constructor(job: ShardJob, made: EnginePorts, options: EngineOptions, means: Means, store: FleetStore | undefined) {
    this.job = job;
    this.#store = store;
    this.#onClosing = options.onClosing;
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
      expectsRemovals: plan.phases.some(({ steps }) => steps.some(({ kind }) => kind === 'retire' || kind === 'churn')),
    });
    this.#population = new Population({
      seed: plan.seed,
      groups: plan.groups,
      cast,
      shard,
      ports: made.ports,
      constants: () => made.keys.publicKeys(),
      mostHeld: plan.connections === 'shared' ? mostHeld : 0,
      lenient: scene.lenient,
      native: scene.native,
      identityOf: scene.identityOf(cast),
      ...(store === undefined ? {} : { store }),
      onEvent: heardBy(this.#recorder.told.hear, options.onDevice),
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
  restore(signal: AbortSignal): Promise<number> {
    const { post } = this.#means;
    return this.#population.restore(signal, (done, total) => {
      if (total > 0) post({ type: 'preparing', what: 'devices', done, total });
    });
  }

  /** A connection on which devices are woken was opened, or could not be: a figure of the phase's first step. */
  hear({ operation, totalMs, code }: WakeObservation): void {
    const present = this.#present;
    const step = present === undefined ? undefined : this.job.plan.phases[present.number]?.steps[0];
    if (step === undefined) return;
    const subject = { step: step.name, platform: operation === 'mqtt-connect' ? 'android' : 'ios', operation } as const;
    this.#recorder.operation(subject, totalMs, present?.run.phaseMs() ?? 0, code);
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
    this.#onClosing?.(this.#population);
    await this.#made.close();
    await this.#store?.close();
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

const heardBy = (count: (event: DeviceEvent) => void, tell: EngineOptions['onDevice']) =>
  tell === undefined
    ? count
    : (event: DeviceEvent, index: number): void => {
        count(event);
        tell(event, index);
      };

const unread = (file: string): never => {
  throw new Error(`${file} cannot be read here`);
};

function countOf(size: number, counts: (slot: number) => boolean): number {
  let count = 0;
  for (let slot = 0; slot < size; slot++) if (counts(slot)) count++;
  return count;
}
