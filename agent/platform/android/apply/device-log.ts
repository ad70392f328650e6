import type { LogRule } from '../../../../protocol/headwind/types.js';
import type { AndroidContext } from '../context.js';

/** Levels of a line, as the protocol numbers them. */
export const levels = { error: 1, warning: 2, info: 3, debug: 4, verbose: 5 } as const;

/** From now on lines are kept by these rules (GET log/rules); what is kept already stays. */
export function keepLogRules(_context: Pick<AndroidContext, 'memory'>, _rules: readonly LogRule[]): void {}

/** Writes a line of `com.hmdm.launcher` to the device's log, where a rule wants it. */
export function logLine(
  _context: Pick<AndroidContext, 'memory' | 'ports'>,
  _level: keyof typeof levels,
  _message: string,
): void {}

/** Uploads what is kept, ten lines a call, until nothing is left. A failure is noted: `logRetryAt` is then 15 minutes away. */
export async function uploadLog(_context: AndroidContext): Promise<'drained' | 'failed'> {
  return 'drained';
}
