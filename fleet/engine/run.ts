import { createPorts, type Invitation, type Log, realClock } from '../../agent/index.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';
import type { StepFigures } from '../metrics/figures.js';
import { judge, type Verdict } from '../metrics/thresholds.js';
import type { RunResult } from '../report/result.js';
import type { FleetPlan, Step } from '../scenario/plan.js';
import { createAuthorityClient } from './authority-client.js';
import type { Target } from './embedded.js';
import { Population } from './population.js';
import { runStep } from './steps.js';

export interface RunOptions {
  readonly plan: FleetPlan;
  readonly target: Target;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Folder in which the key pool is kept between runs. */
  readonly keysFolder?: string;
  readonly onProgress?: (step: Step, done: number, failed: number, total: number) => void;
  readonly onNote?: (text: string) => void;
}

/** Runs a plan in this process. Prepares first (keys, reachability): throws RUN_NOT_STARTED before anything is sent. */
export async function runPlan(options: RunOptions): Promise<RunResult> {
  const { plan, target, signal, log } = options;
  const clock = realClock;
  const startedAt = clock.now();
  const total = Object.values(plan.devices).reduce((sum, count) => sum + (count ?? 0), 0);
  const pool = plan.keys === 'fresh' ? total : Math.min(plan.keys.pool, total);
  const made = await createPorts({
    clock,
    log,
    keys: {
      size: pool,
      mode: plan.keys === 'fresh' ? 'fresh' : 'pool',
      ...(options.keysFolder === undefined ? {} : { folder: options.keysFolder }),
    },
    ...(target.ca === undefined ? {} : { ca: target.ca }),
    ...(target.pushUrl === undefined ? {} : { pushUrl: target.pushUrl }),
  });
  try {
    const admin =
      target.adminToken === undefined
        ? undefined
        : createAuthorityClient(target.url, target.adminToken, made.ports.http, signal);
    await admin?.assertReachable().catch((error: unknown) => {
      throw fleetError('RUN_NOT_STARTED', `${target.url} cannot be administered`, { cause: error });
    });
    options.onNote?.(`preparing ${pool} keys`);
    await made.keys.ready(signal);
    const population = new Population({
      seed: plan.seed,
      devices: plan.devices,
      ports: made.ports,
      constants: () => made.keys.publicKeys(),
    });
    const steps: StepFigures[] = [];
    for (const step of plan.steps) {
      if (signal.aborted) break;
      steps.push(
        await runStep(step, {
          plan,
          population,
          clock,
          signal,
          admin,
          onWake: (listener) =>
            made.push?.onUnclaimed((token) => {
              const index = population.indexOfToken(token);
              if (index !== undefined) listener(index);
            }) ?? (() => undefined),
          invitation: (index, platform) => invitationOf(target, index, platform),
          progress: options.onProgress ?? (() => undefined),
        }),
      );
    }
    const verdicts = judge(plan.thresholds, steps);
    return {
      scenario: plan.name,
      seed: plan.seed,
      devices: plan.devices,
      server: target.url,
      startedAt: new Date(startedAt).toISOString(),
      tookMs: clock.now() - startedAt,
      keys: { keys: made.keys.describe().keys, devices: total },
      steps,
      verdicts,
      outcome: outcomeOf(signal, steps, plan, verdicts),
    };
  } finally {
    await made.close();
  }
}

/** The stub's address for an enrollment; for another MDM server the profile's own URL is the way in. */
function invitationOf(target: Target, index: number, platform: PlatformName): Invitation {
  const user = target.userOf(index);
  return { authority: target.url, url: `${target.url}/enroll/${platform}?user=${encodeURIComponent(user)}`, user };
}

function outcomeOf(
  signal: AbortSignal,
  steps: readonly StepFigures[],
  plan: FleetPlan,
  verdicts: readonly Verdict[],
): RunResult['outcome'] {
  if (signal.aborted) return 'interrupted';
  if (steps.length < plan.steps.length) return 'incomplete';
  if (verdicts.some((verdict) => !verdict.passed)) return 'failed';
  return plan.thresholds.length === 0 && steps.some((step) => step.failures > 0) ? 'failed' : 'passed';
}
