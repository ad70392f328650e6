// The fleet's door.
import type { Leniency } from '../agent/index.js';
import { type Log, silentLog } from '../base/log.js';
import { leadRun } from './coordinator/lead.js';
import type { LogEvent } from './log/events.js';
import type { Summary } from './report/summary.js';
import type { FleetPlan } from './scenario/model.js';

export type { LogEvent } from './log/events.js';
export type { Figures, StepFigures, Summary, Verdict } from './report/summary.js';
export type { FleetPlan, Step } from './scenario/model.js';
export { readScenario } from './scenario/read.js';

/** An authority that is there, such as `startAuthority` gives. */
export interface FleetTarget {
  readonly url: string;
  /** PEM of the CA to trust. */
  readonly ca?: string;
  /** WebSocket at which devices receive notifications. */
  readonly pushUrl?: string;
  /** For steps that ask something of the authority: switch, change, clock and others. */
  readonly adminToken?: string;
  readonly allowHttp?: boolean;
}

/** What is run, where, and who is told how far it is. */
export interface RunOptions {
  readonly plan: FleetPlan;
  readonly target: FleetTarget;
  /** Aborted: the run ends in good order, with what was measured. */
  readonly signal?: AbortSignal;
  /** Default: silent. */
  readonly log?: Log;
  /** Folder in which the key pool is kept between runs. */
  readonly keysFolder?: string;
  /** What of the platforms' strictness is lifted. Default: nothing. */
  readonly lenient?: readonly Leniency[];
  /** Everything that happens, as it does: what a report is made from. */
  readonly onEvent?: (event: LogEvent) => void;
}

/**
 * Runs a plan within this process against an authority that is already there. Resolves with the summary however the run ended;
 * `summary.outcome` says how, `summary.problem` why it did not go through.
 *
 * @example
 * const plan = readScenario('name: mine\ndevices: { ios: 5 }\nphases: [{ enroll: {} }, { leave: {} }]');
 * const { outcome } = await runFleet({ plan, target: { url: authority.url, ca: authority.caPem } });
 */
export function runFleet({
  target,
  signal = new AbortController().signal,
  log = silentLog,
  ...options
}: RunOptions): Promise<Summary> {
  return leadRun({
    ...options,
    signal,
    log,
    openTarget: async () => ({
      ...target,
      places: [target.url],
      invitations: {},
      secrets: {},
      hasClock: false,
      isEmbedded: false,
      close: async () => undefined,
    }),
  });
}
