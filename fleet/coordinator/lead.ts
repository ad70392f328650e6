// One run from its plan to its summary: target, engines, figures. What the command and the library share.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Leniency } from '../../agent/index.js';
import { type Clock, monotonicMs, realClock } from '../../base/clock.js';
import { commandLineError } from '../../base/command-line.js';
import { isRollcallError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { type EngineOptions, runEngine } from '../engine/engine.js';
import { personOf } from '../engine/invitation.js';
import type { ShardJob } from '../engine/messages.js';
import { withoutSecrets } from '../engine/secrets.js';
import { chosenFrom } from '../engine/selection.js';
import { engineTargetOf, type Target } from '../engine/target.js';
import { factsOf } from '../engine/traits.js';
import type { LogEvent } from '../log/events.js';
import { thresholdsOf } from '../metrics/demands.js';
import { descriptorLimit, portsPerAddress } from '../metrics/health.js';
import { firstThatHolds } from '../metrics/judge.js';
import { Summarizer } from '../report/summarize.js';
import type { Summary } from '../report/summary.js';
import { interleave } from '../scenario/interleave.js';
import { deviceTotal, type FleetPlan, type Step } from '../scenario/model.js';
import { readUsers } from '../scenario/users.js';
import { coordinate } from './coordinate.js';
import { type Ending, interruptedBy, problemOf } from './ending.js';
import { forkEngine } from './forked-engine.js';
import { healthsOf } from './healths.js';
import type { EngineLink } from './link.js';
import { localEngine } from './local-engine.js';
import { defaultProcesses, localAddressesFor } from './processes.js';
import { reach } from './reach.js';

/** What is run, where, and who is told how far it is. */
export interface LeadOptions {
  readonly plan: FleetPlan;
  /** The scenario as it was written. */
  readonly scenario?: string;
  /** Opened when the run begins, closed when it has ended. `pid`: of an authority on this machine. */
  readonly openTarget: (signal: AbortSignal) => Promise<Target & { readonly pid?: number }>;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Folder in which the key pool is kept between runs. */
  readonly keysFolder?: string;
  /** What of the platforms' strictness is lifted. Default: nothing. */
  readonly lenient?: readonly Leniency[];
  /** Engines; 1: within this process. Default: by devices and processors. */
  readonly processes?: number;
  /** Compiled entry of an engine (dist/engine.js). Without it there is one engine, within this process. */
  readonly engineProgram?: string;
  /** Indexes to which the run is restricted. */
  readonly only?: readonly number[];
  /** Where the fleet is kept (fleet/state/folder.ts). */
  readonly state?: {
    readonly folder: string;
    readonly generation: number;
    readonly isResumed: boolean;
    begin(target: Target): Promise<void>;
    settle(): void;
  };
  readonly version?: string;
  /** How the engine within this process reaches the world and whom it tells: for a run of one device on the desk. */
  readonly engine?: Pick<EngineOptions, 'openPorts' | 'onDevice' | 'onClosing'>;
  readonly onEvent?: (event: LogEvent) => void;
  /** What engines of their own print: log lines. */
  readonly onPrinted?: (text: string) => void;
  readonly clock?: Clock;
}

/** How long sessions may take to end when a run is stopped: whoever pressed Ctrl-C waits for it. */
const gracefulMs = 5000;
const everyMs = 1000;

/**
 * Runs a plan. Resolves with its summary however it ended, also where it could not start; rejects with USAGE for what cannot be asked
 * for.
 *
 * @example
 * const summary = await leadRun({ plan, openTarget: async () => target, signal, log });
 * process.exitCode = summary.exitCode;
 */
export async function leadRun(options: LeadOptions): Promise<Summary> {
  const summarizer = new Summarizer();
  const hear = (event: LogEvent) => {
    summarizer.add(event);
    options.onEvent?.(event);
  };
  const runId = randomUUID();
  const lead = new Lead(options, runId, hear, summarizer);
  hear(await lead.run());
  const summary = summarizer.summary();
  if (summary === undefined) throw new Error('a run has ended that never began');
  return summary;
}

class Lead {
  readonly #options: LeadOptions;
  readonly #runId: string;
  readonly #hear: (event: LogEvent) => void;
  readonly #summarizer: Summarizer;
  readonly #clock: Clock;

  constructor(options: LeadOptions, runId: string, hear: (event: LogEvent) => void, summarizer: Summarizer) {
    this.#options = options;
    this.#runId = runId;
    this.#hear = hear;
    this.#summarizer = summarizer;
    this.#clock = options.clock ?? realClock;
  }

  async run(): Promise<Ending> {
    const { openTarget, signal } = this.#options;
    let target: Awaited<ReturnType<typeof openTarget>> | undefined;
    let isTold = false;
    try {
      target = await openTarget(signal);
      const processes = this.#processes(target);
      this.#tell(target, processes);
      isTold = true;
      return await this.#at(target, processes);
    } catch (error) {
      if (isRollcallError(error, 'USAGE')) throw error;
      if (!isTold) this.#tell(target ?? { url: '', isEmbedded: true, places: [] }, 0);
      const isInterrupted = signal.aborted || isRollcallError(error, 'INTERRUPTED');
      const lost = target?.lost?.aborted === true ? target.lost.reason : undefined;
      const how =
        isInterrupted && lost === undefined
          ? interruptedBy(signal)
          : ({ ending: 'not-started', problem: problemOf(lost ?? error) } as const);
      return { type: 'end', atMs: 0, keys: 0, ...how };
    } finally {
      await target?.close();
    }
  }

  #processes({ isEmbedded }: Target): number {
    const { plan, only, processes, engineProgram } = this.#options;
    const devices = only?.length ?? deviceTotal(plan);
    const canFork = engineProgram !== undefined && existsSync(engineProgram);
    if (processes === undefined) return canFork ? defaultProcesses(devices, isEmbedded) : 1;
    if (processes > 1 && !canFork) throw commandLineError('USAGE', 'engines of their own need the compiled program');
    return Math.max(1, Math.min(processes, devices));
  }

  async #at(target: Target & { readonly pid?: number }, processes: number): Promise<Ending> {
    const { plan, signal, state } = this.#options;
    const asked = target.lost === undefined ? signal : AbortSignal.any([signal, target.lost]);
    const { admin, hasClock } = await reach(plan, target, asked, (text) =>
      this.#hear({ type: 'note', atMs: -1, text }),
    );
    await state?.begin(target);
    const jobOf = this.#jobs({ ...target, hasClock }, processes);
    const links = Array.from({ length: processes }, () => this.#engine(target, processes));
    const health = healthsOf({ isOwnNeeded: processes > 1, pid: target.pid });
    const abortOn = thresholdsOf(plan, 'abortOn');
    try {
      return await coordinate({
        plan,
        links,
        jobOf,
        clock: this.#clock,
        elapsed: monotonicMs,
        ...(admin === undefined ? {} : { admin }),
        hasClock,
        chosen: (step) => () => this.#chosen(step),
        signal,
        ...(target.lost === undefined ? {} : { lost: target.lost }),
        log: this.#hear,
        onReady: () => state?.settle(),
        broken: () => (abortOn.length === 0 ? undefined : firstThatHolds(abortOn, this.#summarizer.totals)),
        healths: health.take,
      });
    } finally {
      health.close();
      await this.#ended(links);
    }
  }

  #engine({ secrets }: Target, processes: number): EngineLink {
    const { log, engineProgram, onPrinted, engine } = this.#options;
    const { ROLLCALL_TOKEN: _, ...environment } = process.env; // engines administer nothing
    const env = { ...environment, ...secrets };
    if (processes === 1 || engineProgram === undefined)
      return localEngine((channel) => runEngine(channel, { log, env, readUsers, ...engine }));
    return forkEngine({ program: engineProgram, env, ...(onPrinted === undefined ? {} : { onPrinted }) });
  }

  #jobs(target: Target, processes: number): (shard: number) => ShardJob {
    const { plan, only, keysFolder, lenient = [], state, version = '' } = this.#options;
    const total = deviceTotal(plan);
    const job = {
      v: 1,
      runId: this.#runId,
      devices: { from: 0, to: total },
      plan: processes === 1 ? plan : withoutSecrets(plan),
      target: engineTargetOf(target),
      lenient,
      live: { everyMs },
      stop: { gracefulMs },
      localAddresses: this.#addresses(target),
      versions: { tool: version, protocol: 1 },
      ...(only === undefined ? {} : { only }),
      ...(keysFolder === undefined ? {} : { keysFolder }),
      ...(state === undefined
        ? {}
        : { stateFolder: state.folder, generation: state.generation, isResumed: state.isResumed }),
    } as const;
    return (i) => ({ ...job, shard: { i, n: processes } });
  }

  /** Who a step is for, as the authority knows them. */
  #chosen({ name, of }: Step) {
    const { plan, only } = this.#options;
    const cast = interleave(plan);
    const taken = only === undefined ? undefined : new Set(only);
    const unsaid = { supervised: undefined, as: undefined };
    return Array.from(chosenFrom(cast, plan.seed, name, of))
      .filter((index) => taken?.has(index) !== false)
      .flatMap((index) => {
        const id = factsOf(cast.groupOf(index), plan.seed, index, unsaid)?.id;
        return id === undefined ? [] : { index, id, user: personOf(plan.users, index).user };
      });
  }

  /** That connections go out from; empty: the system's choice. */
  #addresses(target: Pick<Target, 'url' | 'pushUrl' | 'places'>): readonly string[] {
    const { plan, only } = this.#options;
    return target.url === '' ? [] : localAddressesFor(only?.length ?? deviceTotal(plan), target);
  }

  #tell(target: Pick<Target, 'url' | 'isEmbedded' | 'given' | 'pushUrl' | 'places'>, processes: number): void {
    const addresses = Math.max(1, this.#addresses(target).length);
    const { plan, scenario = '', lenient = [], only, state, version = '' } = this.#options;
    const [descriptors, ports] = [descriptorLimit(), portsPerAddress()];
    this.#hear({
      type: 'run',
      v: 1,
      runId: this.#runId,
      at: new Date(this.#clock.now()).toISOString(),
      versions: { rollcall: version, node: process.versions.node },
      machine: {
        cpu: cpus()[0]?.model ?? 'unknown',
        cores: availableParallelism(),
        memoryBytes: totalmem(),
        platform: `${process.platform} ${process.arch}`,
        limits: {
          ...(descriptors === undefined ? {} : { descriptors }),
          ...(ports === undefined ? {} : { ports: ports * addresses }),
        },
      },
      plan: withoutSecrets(plan),
      scenario,
      processes,
      target: {
        url: target.url,
        isEmbedded: target.isEmbedded,
        ...(target.given === undefined ? {} : { given: target.given }),
      },
      lenient,
      isResumed: state?.isResumed === true,
      ...(only === undefined ? {} : { only }),
    });
  }

  /** Engines have said their results, or were told to stop: those that are still there after a while are ended. */
  async #ended(links: readonly EngineLink[]): Promise<void> {
    const all = Promise.all(links.map(({ ended }) => ended));
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.after(1500, resolve);
    });
    await Promise.race([all, late]);
    cancel();
    for (const link of links) link.kill();
  }
}
