// The library's door: what a developer uses in tests of their own.

export * from './agent/index.js';
export type { Clock, ManualClock, ScaledClockOptions } from './base/clock.js';
export { manualClock, monotonicMs, realClock, scaledClock } from './base/clock.js';
export { isRollcallError, RollcallError } from './base/errors.js';
export type { Log, LogLine, LogOptions } from './base/log.js';
export { createLog, logLevels, memoryLog, silentLog } from './base/log.js';
export type { Trace, TracedExchange, TracedMessage, TraceForm, TraceLine } from './base/trace.js';
export { type OpenTrace, openTrace } from './base/trace-output.js';
export type {
  Figures,
  FleetPlan,
  FleetTarget,
  LogEvent,
  RunOptions,
  Step,
  StepFigures,
  Summary,
  Verdict,
} from './fleet/index.js';
export { readScenario, runFleet } from './fleet/index.js';
export { textTrace, traceForm } from './protocol/traced.js';
export type * from './protocol/vocabulary.js';
export type { AuthorityOptions, RunningAuthority, TenantConfig, TenantFileOptions } from './server-stub/index.js';
export { readTenantFile, startAuthority } from './server-stub/index.js';
