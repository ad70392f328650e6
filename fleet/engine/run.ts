import { createPorts, type DeviceFacts, followClock, type Leniency } from '../../agent/index.js';
import { monotonicMs, realClock } from '../../base/clock.js';
import { isRollcallError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { StepFigures } from '../metrics/figures.js';
import { judge, type Verdict } from '../metrics/thresholds.js';
import { ToldRecorder } from '../metrics/told.js';
import type { Tally } from '../report/progress.js';
import type { RunResult } from '../report/result.js';
import { deviceTotal, type FleetPlan } from '../scenario/plan.js';
import type { Target } from './embedded.js';
import { invitationOf } from './old-invitation.js';
import { Population } from './population.js';
import { prepare } from './prepare.js';
import { crowdOf } from './selection.js';
import { runStep } from './steps.js';

/** What is run, where, and who is told how far it is. */
export interface RunOptions {
  readonly plan: FleetPlan;
  readonly target: Target;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Folder in which the key pool is kept between runs. */
  readonly keysFolder?: string;
  /** What of the platforms' strictness is lifted. Default: nothing. */
  readonly lenient?: readonly Leniency[];
  /** `what` is "keys" while they are prepared, then the name of the step. */
  readonly onProgress?: (what: string, tally: Tally) => void;
  readonly onNote?: (text: string) => void;
}

/**
 * Runs a plan in this process. Prepares first (reachability, keys): throws RUN_NOT_STARTED before any device has sent
 * anything, INTERRUPTED when stopped there. From then on it always answers a result, of what was measured.
 */
export async function runPlan(options: RunOptions): Promise<RunResult> {
  const { plan, target, log } = options;
  const startedAt = realClock.now();
  const began = monotonicMs();
  const total = deviceTotal(plan);
  const pool = plan.keys === 'fresh' ? total : Math.min(plan.keys.pool, total);
  const isMoved = plan.steps.some(({ kind }) => kind === 'clock');
  const followed = isMoved
    ? await followClock({ url: target.url, log, ...(target.ca === undefined ? {} : { ca: target.ca }) })
    : undefined;
  const made = await createPorts({
    clock: followed ?? realClock,
    log,
    keys: {
      size: pool,
      mode: plan.keys === 'fresh' ? 'fresh' : 'pool',
      ...(options.keysFolder === undefined ? {} : { folder: options.keysFolder }),
    },
    ...(target.ca === undefined ? {} : { ca: target.ca }),
    ...(target.pushUrl === undefined ? {} : { pushUrl: target.pushUrl }),
    ...(target.allowHttp === undefined ? {} : { allowHttp: target.allowHttp }),
  });
  try {
    const signal = target.lost === undefined ? options.signal : AbortSignal.any([options.signal, target.lost]);
    const admin = await prepare({
      plan,
      target,
      made,
      pool,
      signal,
      onKeys: (done) => options.onProgress?.('keys', { done, total: pool }),
      onNote: (text) => options.onNote?.(text),
    });
    const told = new ToldRecorder(target.isEmbedded === true ? target.url : undefined);
    const lenient = options.lenient ?? [];
    const population = new Population({
      seed: plan.seed,
      ...crowdOf(plan.devices),
      ports: made.ports,
      constants: () => made.keys.publicKeys(),
      lenient,
      ...(target.mqttPort === undefined ? {} : { native: { android: { MqttPort: target.mqttPort } } }),
      onEvent: told.hear,
      onWakeLost: told.hearLost,
    });
    const context = {
      plan,
      population,
      clock: realClock,
      elapsed: monotonicMs,
      signal,
      log,
      admin,
      onWake: (listener: (index: number) => void) => population.onWake(listener),
      invitation: (index: number, facts: DeviceFacts) => invitationOf(target, index, facts),
    };
    const steps: StepFigures[] = [];
    let problem: unknown;
    for (const step of plan.steps) {
      if (signal.aborted) break;
      const outcome = await runStep(step, {
        ...context,
        progress: (tally) => options.onProgress?.(step.name, tally),
      });
      steps.push(outcome.figures);
      problem = outcome.problem;
      if (problem !== undefined) break;
    }
    const verdicts = judge(plan.thresholds, steps);
    const isInterrupted = options.signal.aborted;
    if (target.lost?.aborted && !isInterrupted) problem = target.lost.reason;
    return {
      scenario: plan.name,
      seed: plan.seed,
      devices: plan.devices,
      server: target.url,
      startedAt: new Date(startedAt).toISOString(),
      tookMs: monotonicMs() - began,
      keys: { keys: made.keys.describe().keys, devices: total },
      steps,
      verdicts,
      lenient,
      told: told.figures(),
      omitted: plan.omitted ?? [],
      outcome: outcomeOf(isInterrupted, problem, verdicts),
      ...(isInterrupted || problem === undefined ? {} : { problem: describe(problem) }),
    };
  } finally {
    await made.close();
    followed?.close();
  }
}

function outcomeOf(isInterrupted: boolean, problem: unknown, verdicts: readonly Verdict[]): RunResult['outcome'] {
  if (isInterrupted) return 'interrupted';
  if (problem !== undefined) return 'incomplete';
  return verdicts.every((verdict) => verdict.passed) ? 'passed' : 'failed';
}

function describe(problem: unknown): string {
  if (isRollcallError(problem)) return `${problem.code}: ${problem.message}`;
  return problem instanceof Error ? `BUG: ${problem.stack ?? problem.message}` : String(problem);
}
