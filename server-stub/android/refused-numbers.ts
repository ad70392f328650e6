// Numbers under which a person's device was refused: for a time they are not created on demand, as devices that are nobody's.
import { isRollcallError } from '../../base/errors.js';
import type { AndroidContext } from './context.js';

/** As long as a number is remembered after its last refusal. */
export const refusedMs = 30 * 60_000;
/** As many are remembered, the newest; none over a restart. */
export const mostRefused = 10_000;

type Refusing = Pick<AndroidContext, 'refused' | 'clock'>;

/** What `attempt` gives or throws; an ENROLLMENT_REFUSED of somebody's device is remembered under its number, until it enrolls. */
export function noting<T>(
  number: string,
  userId: string | undefined,
  { refused, clock }: Refusing,
  attempt: () => T,
): T {
  try {
    const result = attempt();
    refused.delete(number);
    return result;
  } catch (error) {
    if (userId !== undefined && isRollcallError(error, 'ENROLLMENT_REFUSED'))
      refused.put(number, { expiresAt: clock.now() + refusedMs });
    throw error;
  }
}
