import type { PlatformName } from '../../protocol/vocabulary.js';

/** What a step's figures count, beside passed and failed. */
export const stepCounters = [
  'passed',
  'failures',
  /** Not tried: the device had failed in an earlier step. */
  'skipped',
  /** Devices that had done it in an earlier run, whose fleet this one goes on with (`--state`): not planned, and not tried. */
  'kept',
  /** In the middle when the run was stopped; and not begun then. */
  'cutOff',
  'notStarted',
  /** Began more than 100 ms (real) behind its time; and given up because it could not begin in time. */
  'late',
  'dropped',
  /** Devices that the step is meant for, and those of them that are away. */
  'planned',
  'away',
  /** Had not got there when a later step took this one's place for them, such as a switch before a change had arrived. */
  'superseded',
  /** Whom it did not concern: they hold nothing that it changes, and nobody woke them. */
  'unconcerned',
  /** Devices that moved to another authority, or got what changed. */
  'moved',
  /** Uses of a profile that the gate let through, or refused. */
  'allowed',
  'refused',
] as const;
export type StepCounter = (typeof stepCounters)[number];

/** What an operation on the wire counts. */
export const wireCounters = ['requests', 'sentBytes', 'receivedBytes', 'connections', 'resumed', 'retries'] as const;
export type WireCounter = (typeof wireCounters)[number];

/** What a failure is counted under: its code, and of a refusal to enroll the authority's own too: `ENROLL_REFUSED E11`. */
export const countedAs = ({
  code,
  refusal,
}: {
  readonly code: string;
  readonly refusal?: string | undefined;
}): string => (refusal === undefined ? code : `${code} ${refusal}`);

/** Whose figure. `step` is a step's name; `operation` a name of docs/metrics.md, absent for the step as a whole. */
export interface Subject {
  readonly step: string;
  readonly platform: PlatformName;
  readonly operation?: string;
}

/** Where an engine writes what it measures. All times in real milliseconds but where said. Costs no allocation for each call. */
export interface Sink {
  /** A device did what the step asks. `ageMs`: of the phase's time since the step began, for thresholds with `after` and `within`. */
  passed(subject: Subject, responseMs: number, serviceMs: number, ageMs: number): void;
  failed(subject: Subject, code: string, words: string, ageMs: number): void;
  count(subject: Subject, counter: StepCounter | WireCounter, by: number, ageMs: number): void;
  /** An operation came to its end. `code`: of its failure. */
  operation(subject: Subject, serviceMs: number, ageMs: number, code?: string): void;
  /** A duration of the scenario's time, such as from a switch to a device's move, or an outage. */
  lasted(subject: Subject, scenarioMs: number, ageMs: number): void;
}
