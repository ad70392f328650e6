// How a run ends, and what is said of it.
import { StopRequest } from '../../base/abort.js';
import { RollcallError } from '../../base/errors.js';
import type { EngineError } from '../engine/messages.js';
import type { LogEvent } from '../log/events.js';

/** How a run ended, as its last event says. */
export type Ending = Extract<LogEvent, { type: 'end' }>;
export type Stop = Pick<Ending, 'ending' | 'problem' | 'by'>;

/** How a run ends that was stopped from outside. */
export const interruptedBy = ({ reason }: AbortSignal): Pick<Ending, 'ending' | 'by'> => ({
  ending: 'interrupted',
  ...(reason instanceof StopRequest && reason.by === 'SIGTERM' ? { by: 'SIGTERM' } : {}),
});

/** What went wrong, in a run's own words. */
export const problemOf = (error: unknown): EngineError => {
  if (error instanceof RollcallError) return { code: error.code, message: wordsOf(error), hint: error.hint };
  return { code: 'BUG', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
};

/** With what it came of, where that says more. */
function wordsOf(error: RollcallError): string {
  const { cause, message } = error;
  if (!(cause instanceof Error) || message.includes(cause.message)) return message;
  return `${message}: ${cause instanceof RollcallError ? wordsOf(cause) : cause.message}`;
}

/** In words, for engines. */
export const whyOf = (stop: Stop | undefined): string => stop?.problem?.message ?? 'stopped on request';

/** What ends before anything was sent has not started, unless it was stopped on purpose. */
export function notStarted(end: Stop): Stop {
  return end.ending === 'interrupted' ? end : { ...end, ending: 'not-started' };
}

/** Of engines that were lost, the first. */
export function lostProblem(
  lost: readonly { readonly shard: number; readonly why: string }[],
  count: number,
): EngineError {
  const [first] = lost;
  return {
    code: 'ENGINE_LOST',
    message: `engine ${(first?.shard ?? 0) + 1} of ${count} was lost: ${first?.why ?? ''}`,
    hint:
      lost.length < count
        ? 'What it had measured until then is shown apart and is in no other figure; nobody took its place.'
        : 'No engine is left: the figures are what had been measured until then.',
  };
}
