// The words of the dry run (A21): what is intended, and what it would do.

import type { Authority } from '../../protocol/vocabulary.js';
import type { ConsentAct } from './admission-types.js';
import type { WithoutEffect } from './bms-outside.js';

/** One product of one user. */
export interface UserLicence {
  /** Id or user principal name. */
  readonly user: string;
  /** Part number, or id of the product. */
  readonly sku: string;
}

/** A change of who manages whom; what is named together happens together. */
export interface IntendedChange {
  readonly authority?: Authority;
  readonly coexistence?: true;
  readonly licences?: { readonly add: readonly UserLicence[]; readonly remove: readonly UserLicence[] };
}

/** What becomes of the settings that a device holds today. */
export interface Fate {
  /** One of the same name takes its place. */
  readonly overwritten: readonly string[];
  /** It stays, stale (A8). */
  readonly leftBehind: readonly string[];
  /** It goes, and none takes its place (C5, A9). */
  readonly removed: readonly string[];
}

export interface DryRunUser {
  readonly userId: string;
  readonly upn: string;
  readonly from: Authority;
  readonly to: Authority;
  readonly devices: readonly (Fate & { readonly id: string; readonly deviceName: string })[];
}

/** Which users' devices are listed: after this user id, in the order of ids, so many at most. */
export interface DryRunPage {
  readonly after?: string;
  readonly most: number;
}

/** `consent:...`: of an act that an administrator has not agreed to (A25). */
export type Missing = 'pushCertificate' | `consent:${ConsentAct}`;

export interface DryRun {
  /** Users with enrolled devices that would move. */
  readonly users: readonly DryRunUser[];
  /** The user after whom the next page begins; absent on the last. */
  readonly next?: string;
  /** Who would move without being asked, because of a licence or co-management that is there already (C3). */
  readonly movedUnasked: readonly string[];
  /** Record ids of devices without a user, which stay (A10). */
  readonly userless: readonly string[];
  /** Users with enrolled devices whose licences do not cover the new authority (A6), or who stay for want of one (C2). */
  readonly unlicensed: readonly string[];
  /** How many licences would have to be bought so that every user with enrolled devices is covered (C7). */
  readonly licencesShort: number;
  readonly missing: readonly Missing[];
  /** B7: where Basic Mobility and Security would manage alone, what is set that would have no effect. */
  readonly withoutEffect?: WithoutEffect;
}
