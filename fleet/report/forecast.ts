import type { PlatformName } from '../../protocol/vocabulary.js';
import { deviceTotal, type FleetPlan, type Phase } from '../scenario/model.js';
import type { StepLoad } from '../steps/kind.js';
import { kindOf } from '../steps/registry.js';

/** What a step comes to, in its phase. */
export interface ForecastStep extends StepLoad {
  readonly name: string;
  readonly kind: string;
  /** Of the phase's time. */
  readonly atMs: number;
}
interface ForecastPhase {
  readonly name: string;
  readonly scale: number;
  /** Real milliseconds by its schedule, if everybody is answered at once. */
  readonly realMs: number;
  readonly sessions: number;
  /** In its busiest second: of what goes on at the same time. */
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
const engineCosts: Readonly<Record<Cost, Readonly<Record<PlatformName, number>>>> = {
  enroll: { ios: 56, windows: 29, android: 50 },
  'check-in': { ios: 10.5, windows: 10.5, android: 13.5 },
  use: { ios: 5, windows: 5, android: 5 },
  leave: { ios: 10.5, windows: 10.5, android: 13.5 },
};
export const keptCheckIn = 4;
/** The same of the stub authority. */
const authorityCosts: Readonly<Record<Cost, number>> = { enroll: 28, 'check-in': 8, use: 3, leave: 8 };

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
    atMs: step.atMs,
    ...kindOf(step).load(step, { plan, phase }),
  }));
  const ends = steps.map(({ atMs, lastsMs = 0 }) => atMs + lastsMs);
  const moments = steps.map(({ atMs }) => peakAt(plan, atMs, steps, phase.scale));
  const busiest = moments.reduce((most, each) => (each.signatures.engine > most.signatures.engine ? each : most), {
    perSecond: 0,
    signatures: { engine: 0, authority: 0 },
  });
  return {
    name: phase.name,
    scale: phase.scale,
    realMs: (phase.forMs ?? Math.max(0, ...ends)) / phase.scale,
    sessions: steps.reduce((total, { sessions }) => total + sessions, 0),
    peakPerSecond: Math.max(0, ...moments.map(({ perSecond }) => perSecond)),
    peakSignatures: busiest.signatures,
    steps,
  };
}

/** The second in which something begins: with what goes on then. What has no length of its own is over in that second. */
function peakAt(plan: FleetPlan, atMs: number, steps: readonly (StepLoad & { atMs: number })[], scale: number) {
  const going = steps.filter(
    (step) => step.atMs <= atMs && atMs < step.atMs + Math.max(step.lastsMs ?? 0, 1000 * scale),
  );
  const sum = (read: (step: StepLoad) => number) => going.reduce((total, step) => total + read(step), 0);
  return {
    perSecond: sum(({ peakPerSecond }) => peakPerSecond),
    signatures: {
      engine: sum(({ cost, peakPerSecond }) => peakPerSecond * engineCost(plan, cost)),
      authority: sum(({ cost, peakPerSecond }) => (cost === 'none' ? 0 : peakPerSecond * authorityCosts[cost])),
    },
  };
}

/** Of the mix of the platforms. */
function engineCost(plan: FleetPlan, cost: StepLoad['cost']): number {
  if (cost === 'none') return 0;
  if (cost === 'check-in' && plan.connections === 'shared') return keptCheckIn;
  const total = plan.groups.reduce((sum, { platform, count }) => sum + count * engineCosts[cost][platform], 0);
  return total / Math.max(1, deviceTotal(plan));
}
