// The fleet's door.
import { type RunOptions, runPlan } from './engine/run.js';
import type { RunResult } from './report/result.js';

export type { Target } from './engine/embedded.js';
export type { RunOptions } from './engine/run.js';
export type { StepFigures } from './metrics/figures.js';
export type { Verdict } from './metrics/thresholds.js';
export type { RunResult } from './report/result.js';
export type { FleetPlan, Step } from './scenario/plan.js';
export { readFleetPlan } from './scenario/plan.js';

/** Runs a plan against an authority that is already there. */
export const runFleet = (options: RunOptions): Promise<RunResult> => runPlan(options);
