import type { Leniency } from '../../agent/index.js';
import type { StepFigures } from '../metrics/figures.js';
import type { Verdict } from '../metrics/thresholds.js';
import type { ToldFigures } from '../metrics/told.js';
import type { FleetPlan, Omitted } from '../scenario/plan.js';

/** What a run came to: the one value that every report is made from. Times in milliseconds. */
export interface RunResult {
  readonly scenario: string;
  readonly seed: string;
  readonly devices: FleetPlan['devices'];
  readonly server: string;
  /** ISO 8601, on the machine's clock. */
  readonly startedAt: string;
  readonly tookMs: number;
  readonly keys: { readonly keys: number; readonly devices: number };
  readonly steps: readonly StepFigures[];
  readonly verdicts: readonly Verdict[];
  /** What of the platforms' strictness was lifted for this run. */
  readonly lenient: readonly Leniency[];
  /** What the devices told: refusals, what was put off, trouble, what was lifted. */
  readonly told: ToldFigures;
  /** Checks that could not be made here, by name. */
  readonly omitted: readonly Omitted[];
  /** Why the run is incomplete. */
  readonly problem?: string;
  readonly outcome: 'passed' | 'failed' | 'incomplete' | 'interrupted';
}
