// The library's door: what a developer uses in tests of their own.
export * from './agent/index.js';
export type { FleetPlan, RunOptions, RunResult, Step, StepFigures, Target, Verdict } from './fleet/index.js';
export { readFleetPlan, runFleet } from './fleet/index.js';
export { isRollcallError, RollcallError } from './protocol/errors.js';
export type * from './protocol/vocabulary.js';
export type { AuthorityOptions, RunningAuthority } from './server-stub/index.js';
export { startAuthority } from './server-stub/index.js';
