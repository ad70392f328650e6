import type { PlatformName } from '../../protocol/vocabulary.js';
import { deviceTotal, type FleetPlan, type Phase } from '../scenario/model.js';
import type { StepLoad } from '../steps/kind.js';
import { kindOf } from '../steps/registry.js';

/** What a step comes to, in its phase. */
export interface ForecastStep extends StepLoad {
  readonly name: string;
  readonly kind: string;
}
export interface ForecastPhase {
  readonly name: string;
  readonly scale: number;
  /** Real milliseconds by its schedule, if everybody is answered at once. */
  readonly realMs: number;
  readonly sessions: number;
  /** In the busiest second, if the busiest seconds of its steps are the same. */
  readonly peakPerSecond: number;
  /** Signatures (RSA-2048) that the busiest second costs the load engine, and an authority on the same machine. */
  readonly peakSignatures: { readonly engine: number; readonly authority: number };
  readonly steps: readonly ForecastStep[];
}

/** What a plan comes to. */
export interface Forecast {
  readonly devices: number;
  readonly sessions: number;
  readonly realMs: number;
  readonly phases: readonly ForecastPhase[];
}

type Cost = Exclude<StepLoad['cost'], 'none'>;

/**
 * What a session costs in signatures of RSA-2048, processor time for processor time: docs/performance.md, "What a machine can do".
 * A connection each; over kept connections a check-in costs `keptCheckIn`.
 */
export const engineCosts: Readonly<Record<Cost, Readonly<Record<PlatformName, number>>>> = {
  enroll: { ios: 56, windows: 29, android: 50 },
  'check-in': { ios: 10.5, windows: 10.5, android: 13.5 },
  use: { ios: 5, windows: 5, android: 5 },
  leave: { ios: 10.5, windows: 10.5, android: 13.5 },
};
export const keptCheckIn = 4;
/** The same of the stub authority. */
export const authorityCosts: Readonly<Record<Cost, number>> = { enroll: 28, 'check-in': 8, use: 3, leave: 8 };

/** Adds up what the steps of a plan say. Pure. */
export function forecast(plan: FleetPlan): Forecast {
  const phases = plan.phases.map((phase) => phaseOf(plan, phase));
  const sum = (read: (phase: ForecastPhase) => number) => phases.reduce((total, phase) => total + read(phase), 0);
  return {
    devices: deviceTotal(plan),
    sessions: sum(({ sessions }) => sessions),
    realMs: sum(({ realMs }) => realMs),
    phases,
  };
}

function phaseOf(plan: FleetPlan, phase: Phase): ForecastPhase {
  const steps = phase.steps.map((step) => ({
    name: step.name,
    kind: step.kind,
    ...kindOf(step).load(step, { plan, phase }),
  }));
  const sum = (read: (step: ForecastStep) => number) => steps.reduce((total, step) => total + read(step), 0);
  const ends = phase.steps.map((step, at) => step.atMs + (steps[at]?.lastsMs ?? 0));
  return {
    name: phase.name,
    scale: phase.scale,
    realMs: (phase.forMs ?? Math.max(0, ...ends)) / phase.scale,
    sessions: sum(({ sessions }) => sessions),
    peakPerSecond: sum(({ peakPerSecond }) => peakPerSecond),
    peakSignatures: {
      engine: sum(({ cost, peakPerSecond }) => peakPerSecond * engineCost(plan, cost)),
      authority: sum(({ cost, peakPerSecond }) => (cost === 'none' ? 0 : peakPerSecond * authorityCosts[cost])),
    },
    steps,
  };
}

/** Of the mix of the platforms. */
function engineCost(plan: FleetPlan, cost: StepLoad['cost']): number {
  if (cost === 'none') return 0;
  if (cost === 'check-in' && plan.connections === 'shared') return keptCheckIn;
  const total = plan.groups.reduce((sum, { platform, count }) => sum + count * engineCosts[cost][platform], 0);
  return total / Math.max(1, deviceTotal(plan));
}
