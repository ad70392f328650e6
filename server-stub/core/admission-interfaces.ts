// What administrators set of who may enroll (E05 to E20, A17, A25, B1, B2, B8, B10).

import type { BmsState } from './admission-state.js';
import type {
  AutopilotDevice,
  AutopilotProfile,
  BulkToken,
  Consent,
  ConsentAct,
  CorporateIdentifier,
  EnrollmentRestriction,
} from './admission-types.js';
import type { WithoutEffect } from './bms-outside.js';
import type { enrollmentSettings } from './settings.js';
import type { TenantSettings } from './types.js';

/** The settings that say who may enroll. They may change while devices are enrolled. */
export type EnrollmentSettings = Pick<TenantSettings, (typeof enrollmentSettings)[number]>;

/** Enrollment restrictions. Of each kind one counts for a user: the first that names one of the user's groups, else the default. */
export interface Restrictions {
  /** The default first, then by kind and priority. */
  restrictions(): readonly EnrollmentRestriction[];
  /** The default has the id `default`, and is there always. */
  restriction(id: string): EnrollmentRestriction | undefined;
  /**
   * In the place of the one of this id. A new one comes behind those of its kind that are there, whatever priority it says. Throws
   * REQUEST_INVALID: it does not fit, there are too many, or its groups are unknown.
   */
  putRestriction(restriction: EnrollmentRestriction): EnrollmentRestriction;
  /** From 1; the others of its kind make room. Throws REQUEST_INVALID: there is none, it is the default, or there is no such place. */
  setRestrictionPriority(id: string, priority: number): void;
  /** The others close up. Nothing happens where there is none. Throws REQUEST_INVALID: the default stays. */
  removeRestriction(id: string): void;
  /**
   * Settings of who may enroll from now on: the default limit of devices (E17), least versions (E25), whether devices that join the
   * organization enroll by that (E20). What is not named stays; least versions are
   * taken as they are given, `{}`: the tenant has none. Throws REQUEST_INVALID.
   */
  setEnrollmentSettings(change: Partial<EnrollmentSettings>, by: string): void;
}

/** Devices that are declared as the organization's before they enroll. */
export interface CorporateDevices {
  corporateDevices(): readonly CorporateIdentifier[];
  corporateDevice(id: string): CorporateIdentifier | undefined;
  findCorporateDevice(type: CorporateIdentifier['type'], value: string): CorporateIdentifier | undefined;
  /** Throws REQUEST_INVALID: it is declared already, or does not fit. */
  putCorporateDevice(identifier: CorporateIdentifier): void;
  /** All of them, or none: throws what `putCorporateDevice` would for one of them. */
  putCorporateDevices(identifiers: readonly CorporateIdentifier[]): void;
  /** Nothing happens where there is none. */
  removeCorporateDevice(id: string): void;
}

/** Tokens for provisioning packages (E12). */
export interface BulkTokens {
  bulkTokens(): readonly BulkToken[];
  bulkToken(id: string): BulkToken | undefined;
  /** By what a package holds; also one that has expired. */
  findBulkToken(token: string): BulkToken | undefined;
  /** Throws REQUEST_INVALID: its name or its token is taken, or it does not fit. */
  putBulkToken(token: BulkToken): void;
  /** Nothing happens where there is none. Who shows it then is not known. */
  removeBulkToken(id: string): void;
}

/** What Autopilot knows (E13 to E16). */
export interface Autopilot {
  /** Without those whose records were removed. */
  autopilotDevices(): readonly AutopilotDevice[];
  autopilotDevice(id: string): AutopilotDevice | undefined;
  findAutopilotDevice(serial: string): AutopilotDevice | undefined;
  /** Throws REQUEST_INVALID: another has its serial number, no such profile or user, or it does not fit. */
  putAutopilotDevice(device: AutopilotDevice): void;
  /** All of them, or none: throws what `putAutopilotDevice` would for one of them. */
  putAutopilotDevices(devices: readonly AutopilotDevice[]): void;
  /** That it was there is remembered (E16), until its serial number is imported again. Nothing happens where there is none. */
  removeAutopilotDevice(id: string): void;
  autopilotProfiles(): readonly AutopilotProfile[];
  autopilotProfile(id: string): AutopilotProfile | undefined;
  /** The one that this device has: its own, or by its group tag, or that of all devices. */
  autopilotProfileOf(device: Pick<AutopilotDevice, 'profileId' | 'groupTag'>): AutopilotProfile | undefined;
  /** Throws REQUEST_INVALID: its name is taken, a new one of its groups does not exist, or it does not fit. */
  putAutopilotProfile(profile: AutopilotProfile): void;
  /** It is assigned to nobody then (E14). Nothing happens where there is none. */
  removeAutopilotProfile(id: string): void;
}

/** What an administrator has agreed to (A17, A25). */
export interface Consents {
  consent(act: ConsentAct): Consent;
  setConsent(act: ConsentAct, given: boolean, by: string): Consent;
}

/** The service of Basic Mobility and Security (B1, B2, B8, B10). */
export interface Bms {
  bms(): BmsState;
  /** B7: what was set and has no effect, while the service manages alone; undefined: it does not. */
  withoutEffect(): WithoutEffect | undefined;
  /**
   * Of a tenant whose authority is unknown: it is office365 from then on, and BMS is ready after `bmsProvisioningMs` (B1). Nothing happens
   * where it is activated. Throws CONFLICT for any other tenant: its authority is changed, or coexistence enabled.
   */
  activateBms(by: string): BmsState;
  /** B2: throws CONFLICT, always: it is turned off by its policies. */
  deactivateBms(): never;
  /**
   * B10: ids of groups; devices of their members, and of those that are named no more, are asked to check in. Throws REQUEST_INVALID: no
   * such group.
   */
  setBmsExclusions(groups: readonly string[]): void;
  /** To be called when what holds back its readiness (`TenantPorts.bmsHold`) has begun or ended. */
  bmsHoldChanged(): void;
}
