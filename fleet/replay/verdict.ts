// Whether a device that was repeated came to the same as in its run.
import type { DeviceFailure } from '../engine/messages.js';

export interface Compared {
  /** The same step and the same code, or no failure both times. */
  readonly isSame: boolean;
  readonly text: string;
  /** What may be behind a difference. */
  readonly hint?: string;
}

const crowd =
  'What a crowd does to an authority, what chance hits, and an authority that has changed since then do not come back with one device: look at the authority’s own log of the time of the run.';

/** Both failures are those of the same device, where it failed. */
export function compared(recorded: DeviceFailure | undefined, here: DeviceFailure | undefined): Compared {
  if (recorded === undefined && here === undefined)
    return { isSame: true, text: 'as in the run: it went through all its steps' };
  if (recorded === undefined) return { isSame: false, text: `otherwise than in the run, in which it did not fail` };
  if (here === undefined)
    return { isSame: false, text: `otherwise than in the run: ${recorded.step} passed here`, hint: crowd };
  if (here.step === recorded.step && here.code === recorded.code)
    return { isSame: true, text: `the same as in the run: ${here.step} failed with ${here.code}` };
  return {
    isSame: false,
    text: `otherwise than in the run: here ${here.step} failed with ${here.code}, there ${recorded.step} with ${recorded.code}`,
    hint: crowd,
  };
}

/** A failure in lines: what it was, and what the authority said. */
export const failureLines = ({ step, code, message, reason }: DeviceFailure): readonly string[] => [
  `${step}: ${code}: ${message}`,
  ...(reason === undefined ? [] : [`  the authority said: ${reason}`]),
];
