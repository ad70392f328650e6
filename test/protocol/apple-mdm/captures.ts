import { RollcallError } from '../../../base/errors.js';
import { fixture, fixtureNames } from '../../support/shared.js';

/** Names of the captured messages: what devices sent to MDM servers. The profile is not one of them. */
export const captureNames = fixtureNames('apple').filter((name) => !name.endsWith('.mobileconfig'));

const isCheckin = (name: string): boolean => /-(Authenticate|TokenUpdate|CheckOut)[-.]/.test(name);
export const checkinNames = captureNames.filter(isCheckin);
export const resultNames = captureNames.filter((name) => !isCheckin(name));

export const capture = (name: string): Buffer => fixture(`apple/${name}`);

/** The error that a call throws, if it is one of ours; the tests look at its code and details. */
export function errorOf(call: () => unknown): Pick<RollcallError, 'code' | 'details' | 'message'> {
  try {
    call();
  } catch (error) {
    if (error instanceof RollcallError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
