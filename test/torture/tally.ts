import type { Programs } from './programs.js';

/** What came of one round, or of many. */
export interface Tally {
  rounds: number;
  /** Answers that said that something was done. */
  acknowledged: number;
  lost: number;
  doubled: number;
  /** Did not open, or opened and could not be used. */
  unusable: number;
}

export const newTally = (): Tally => ({ rounds: 0, acknowledged: 0, lost: 0, doubled: 0, unusable: 0 });

export interface Findings {
  readonly tally: Tally;
  /** Says what was found wrong, and where the folder is kept that shows it. */
  found(text: string): void;
  /** Says how it goes. */
  note(text: string): void;
}

export interface RoundOptions {
  readonly programs: Programs;
  readonly seed: string;
  readonly findings: Findings;
  /** Aborted: no further round is begun. */
  readonly signal: AbortSignal;
  /** Default: without end. */
  readonly rounds?: number;
}

/** A kind of torture. */
export interface Part {
  /** Its share of the time, beside those of the others. */
  readonly weight: number;
  /** What it needs and is not there; undefined: nothing. */
  missing(): string | undefined;
  /** Round after round until the signal is aborted, or as many as asked for are done. */
  run(options: RoundOptions): Promise<void>;
}
