import { type Upgrades, upgraded } from '../base/upgrades.js';
import { stubError } from './errors.js';

/** A value as it lies in a store, with the version of its form. */
interface Versioned {
  readonly version: number;
  readonly value: unknown;
}

/** The present version of a form, and how the ones before it become the next. */
export interface FormHistory {
  readonly version: number;
  readonly upgrades: Upgrades;
}

export const firstForm: FormHistory = { version: 1, upgrades: {} };

/**
 * A stored value in the present version of its form. What was stored before values said their version is of the first. Throws
 * DATA_CORRUPT where a later program wrote it: that is no damage, and nothing may be changed or set aside.
 */
export function inPresentForm(stored: unknown, { version, upgrades }: FormHistory, what: string): unknown {
  const { version: written, value } = isVersioned(stored) ? stored : { version: 1, value: stored };
  if (written > version) {
    throw stubError(
      'DATA_CORRUPT',
      `${what} is of version ${written}, and this program reads versions up to ${version}`,
      {
        hint: 'A later version of rollcall wrote the data folder: use that version, or start with another folder.',
      },
    );
  }
  return upgraded(value, written, version, upgrades);
}

function isVersioned(stored: unknown): stored is Versioned {
  if (typeof stored !== 'object' || stored === null || Object.keys(stored).length !== 2) return false;
  return 'version' in stored && 'value' in stored && Number.isInteger(stored.version);
}
