import { passcodePolicies, qualityFault } from '../../../model/passcode.js';
import type { Random } from '../../../model/ports.js';
import type { DeviceState } from '../../../model/state.js';
import { passcodeManners } from '../passcode.js';
import type { CspModule } from './module.js';
import { notAllowed, notHere, schemaPath } from './path.js';

const newPin = './Device/Vendor/MSFT/RemoteLock/NewPINValue';

/**
 * RemoteLock (specs/windows.md §2.0; Learn). Lock needs a PIN: without one 405. LockAndResetPIN and LockAndRecoverPIN set a new
 * one, which NewPINValue says once. That Windows asks Microsoft's reset service for a ticket first is left out.
 */
export const remoteLockModule: CspModule = {
  roots: ['./Device/Vendor/MSFT/RemoteLock'],
  get(node, { tree }) {
    if (schemaPath(node, 'RemoteLock') !== 'NewPINValue') return { format: 'null', value: '' };
    const pin = tree.value(newPin);
    if (pin === undefined) return notHere('no new PIN was made, or it was read already');
    tree.set(newPin, undefined);
    return pin;
  },
  async exec(node, _item, { device, ports, tree, effect }) {
    if (schemaPath(node, 'RemoteLock') === 'Lock') {
      if (device.state.condition.passcode === undefined) return notAllowed('no PIN is set on the device');
    } else {
      const pin = pinFor(device.state, ports.random);
      if (pin === undefined) return { status: 500, reason: 'no PIN was found that the policies on the device allow' };
      effect({ kind: 'new-passcode', passcode: pin });
      tree.set(newPin, pin);
    }
    effect({ kind: 'lock' });
    return { status: 200 };
  },
};

const digits = '0123456789';
const letters = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ';
const others = '!#$%&+-=?';
const tries = 100;

/** A PIN that every policy on the device allows; six digits where there is none. */
function pinFor(state: DeviceState, random: Random): string | undefined {
  const policies = passcodePolicies(state);
  const length = Math.max(6, ...policies.map(({ minLength }) => minLength ?? 0));
  const complex = Math.max(0, ...policies.map(({ minComplexCharacters }) => minComplexCharacters ?? 0));
  const isAlphanumeric = policies.some(({ requireAlphanumeric }) => requireAlphanumeric === true);
  const some = (count: number, alphabet: string): string =>
    Array.from({ length: count }, () => alphabet[random.integer(alphabet.length)]).join('');
  for (let count = 0; count < tries; count++) {
    const special = some(complex, others) + (isAlphanumeric ? some(2, letters) : '');
    const pin = special + some(Math.max(1, length - special.length), digits);
    if (policies.every((policy) => qualityFault(pin, policy, passcodeManners) === undefined)) return pin;
  }
  return undefined;
}
