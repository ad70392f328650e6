// What one device does when its part of a run is repeated: the steps of the run one after another, without the crowd's waiting times.
import { showDuration } from '../../base/duration.js';
import type { ClockStep, FleetPlan, Pace, Phase, Step } from '../scenario/model.js';
import { needsEnrolledFleet } from '../scenario/sense.js';

interface ReplayWish {
  /** The last step: the one in which the device failed. Default: all. */
  readonly until?: string | undefined;
  /** The authority's clock can be moved: time that passed between steps passes at once. Otherwise it does not. */
  readonly movesClock: boolean;
}

const atOnce: Pace = { kind: 'open', arrivals: { shape: 'burst' } };
/** Of real time: who is not woken, or is away, is not waited for any longer. */
const longestWaitMs = 60_000;
const longestAwayMs = 2000;
const defaultWaitMs = 30_000;

/**
 * The plan of a run as one device lives through it by itself. Each step is a phase of its own that has the name, pace of time and faults
 * of the phase it was in, so that shares and chance hit the same devices; what recurs is done once. Devices, seed and names stay.
 */
export function replayPlan(plan: FleetPlan, { until, movesClock }: ReplayWish): FleetPlan {
  const { dropAfterMs: _, ...rest } = plan;
  const phases: Phase[] = needsEnrolledFleet(plan) ? [enrolledBefore] : [];
  const pass = passing();
  for (const phase of plan.phases) {
    const steps = [...phase.steps].sort((one, other) => one.atMs - other.atMs);
    let at = 0;
    for (const step of steps) {
      if (movesClock && step.atMs > at) phases.push(pass(step.atMs - at));
      at = Math.max(at, step.atMs);
      if (step.kind !== 'wait') phases.push(alone(step, phase));
      else if (movesClock) phases.push(pass(step.forMs));
      if (step.name === until) return { ...rest, concurrency: 1, phases, thresholds: [], abortOn: [] };
    }
    if (movesClock && phase.forMs !== undefined && phase.forMs > at) phases.push(pass(phase.forMs - at));
  }
  return { ...rest, concurrency: 1, phases, thresholds: [], abortOn: [] };
}

/** In a run that goes on with a kept fleet nobody enrolls; on the desk the device is a new one. */
const enrolledBefore: Phase = {
  name: 'enrolled before',
  scale: 1,
  steps: [{ kind: 'enroll', name: 'enrolled before', atMs: 0, pace: atOnce }],
  faults: [],
};

function passing(): (ms: number) => Phase {
  let count = 0;
  return (advanceMs) => {
    count++;
    const step: ClockStep = { kind: 'clock', name: `${showDuration(advanceMs)} pass (${count})`, atMs: 0, advanceMs };
    return { name: step.name, scale: 1, steps: [step], faults: [] };
  };
}

/** The step in a phase of its own, on the clock of its phase. */
function alone(step: Step, { name, scale, forMs, faults }: Phase): Phase {
  return { name, scale, steps: [withoutWaiting({ ...step, atMs: 0 }, scale, rest(step, forMs))], faults };
}

const rest = (step: Step, forMs: number | undefined): number | undefined =>
  forMs === undefined ? undefined : Math.max(0, forMs - step.atMs);

function withoutWaiting(step: Step, scale: number, restMs: number | undefined): Step {
  switch (step.kind) {
    case 'use': {
      const { thinkTime: _, ...use } = step;
      return { ...use, pace: atOnce };
    }
    case 'enroll':
    case 'check-in':
    case 'renew':
    case 'churn':
    case 'leave':
      return { ...step, pace: atOnce };
    case 'switch': {
      const { offline } = step;
      const away =
        offline?.forMs === undefined ? offline : { ...offline, forMs: Math.min(offline.forMs, longestAwayMs * scale) };
      return { ...step, ...within(step, scale, restMs), ...(away === undefined ? {} : { offline: away }) };
    }
    case 'herd':
    case 'change':
    case 'licences':
    case 'retire':
      return { ...step, ...within(step, scale, restMs) };
    default:
      return step;
  }
}

const within = ({ withinMs }: { readonly withinMs?: number }, scale: number, restMs = defaultWaitMs * scale) => ({
  withinMs: Math.min(withinMs ?? restMs, longestWaitMs * scale),
});
