import { exitCodeOf, exitCodes } from '../../base/exit-codes.js';
import type { LogEvent } from '../log/events.js';
import type { Summary } from './summary.js';

type Ending = Extract<LogEvent, { type: 'end' }>;

/** How a run ended, and what the command exits with; `end` is absent of a run that was killed. */
export function outcomeOf(
  end: Ending | undefined,
  lost: number,
  verdicts: Summary['verdicts'],
): Pick<Summary, 'outcome' | 'exitCode'> {
  const { ending, problem } = end ?? { ending: 'incomplete' as const, problem: undefined };
  const ofProblem = problem === undefined ? undefined : exitCodeOf(problem.code);
  const ownCode = problem?.code === 'BUG' ? exitCodes.bug : undefined;
  switch (ending) {
    case 'interrupted':
      return {
        outcome: 'interrupted',
        exitCode: end?.by === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted,
      };
    case 'aborted':
      return { outcome: 'aborted', exitCode: exitCodes.thresholds };
    case 'not-started':
      return {
        outcome: 'not-started',
        exitCode: ownCode ?? (ofProblem === exitCodes.usage ? exitCodes.usage : exitCodes.notStarted),
      };
    case 'incomplete':
      return { outcome: 'incomplete', exitCode: ownCode ?? exitCodes.incomplete };
    case 'completed':
      if (lost > 0) return { outcome: 'incomplete', exitCode: exitCodes.incomplete };
      return verdicts.every(({ passed }) => passed)
        ? { outcome: 'passed', exitCode: exitCodes.passed }
        : { outcome: 'failed', exitCode: exitCodes.thresholds };
  }
}
