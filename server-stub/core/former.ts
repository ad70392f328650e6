// The forms of records before these, brought to the present one: users had a licence in one word, profiles were assigned to users by id,
// changes were those of the authority alone, and had one number of devices that had moved.
import { z } from 'zod';
import type { Upgrades } from '../../base/upgrades.js';
import { formerLicences, productsOf } from './products.js';

const formerUser = z.looseObject({ licence: z.enum(formerLicences) });
const formerProfile = z.looseObject({ assignedTo: z.union([z.literal('all'), z.array(z.string())]) });
const formerChange = z.looseObject({ userlessDevices: z.array(z.string()), notified: z.number() });

/** Of the table `user`. */
export const userUpgrades: Upgrades = {
  1(value) {
    const { licence, ...user } = formerUser.parse(value);
    return { ...user, products: [...productsOf(licence)], groups: [] };
  },
};

/** Of the table `profile`. */
export const profileUpgrades: Upgrades = {
  1(value) {
    const { assignedTo, ...profile } = formerProfile.parse(value);
    return {
      ...profile,
      assignment: { to: assignedTo === 'all' ? 'all' : { users: assignedTo, groups: [] }, except: [] },
    };
  },
};

/** Of the table `change`. How many devices were enrolled was not said: those that are counted since, and those that wait. */
export const changeUpgrades: Upgrades = {
  1(value) {
    const { userlessDevices: _, notified, ...change } = formerChange.parse(value);
    return {
      ...change,
      cause: 'authority',
      concerns: 'all',
      lastSequence: Number.MAX_SAFE_INTEGER,
      enrolled: 0,
      toNotify: notified,
      notified,
      notifiedUpTo: Number.MAX_SAFE_INTEGER,
    };
  },
};

/** Of the table `moved`. */
export const movedUpgrades: Upgrades = { 1: (moved) => ({ moved, stayed: 0, left: 0 }) };
