// The records of a tenant's store: the one description of each. What is written fits it.
import { z } from 'zod';
import { misfit } from '../../protocol/vocabulary/misfit.js';
import { authorities, platformNames } from '../../protocol/vocabulary/names.js';
import { profile } from '../../protocol/vocabulary/profile.js';
import { stubError } from '../errors.js';
import {
  attempt,
  autopilot,
  autopilotProfile,
  bulkToken,
  corporate,
  failure,
  restriction,
} from './admission-descriptions.js';
import { consentActs } from './admission-types.js';
import { causes } from './causes.js';
import { workloads } from './comanagement-types.js';
import { device } from './device-descriptions.js';
import type { Table } from './persistence.js';

const authority = z.enum(Object.keys(authorities) as [keyof typeof authorities]);
const time = z.number();
const word = z.string();

export const user = z.strictObject({
  id: word.min(1),
  upn: word.min(1),
  displayName: word,
  products: z.array(word),
  groups: z.array(word),
  password: word.exactOptional(),
});

export const group = z.strictObject({
  id: word.min(1),
  displayName: word,
  groups: z.array(word),
  products: z.array(word),
});

const assignment = z.strictObject({
  to: z.union([z.literal('all'), z.strictObject({ users: z.array(word), groups: z.array(word) })]),
  except: z.array(word),
});

export const compliancePolicy = z.strictObject({
  id: word.min(1),
  authority,
  name: word.min(1),
  pin: z.boolean(),
  encryption: z.boolean(),
  graceMs: z.number().min(0),
  assignment,
  platforms: z.array(z.enum(platformNames)).exactOptional(),
});

export const comanagement = z.strictObject({
  userId: word.min(1),
  serial: word.min(1),
  workloads: z.array(z.enum(workloads)),
});

/** How many entries of a ring came before it. */
const n = z.number().int().min(0).exactOptional();

const audit = z.strictObject({
  id: word,
  at: time,
  n,
  by: word,
  activity: word,
  target: word.exactOptional(),
  details: z.record(word, z.union([word, z.number(), z.boolean()])).exactOptional(),
});

export const assigned = z.strictObject({
  id: word.min(1),
  authority,
  profile,
  assignment,
  platforms: z.array(z.enum(platformNames)).exactOptional(),
});

const duration = z.number();

const versionsByPlatform = z.partialRecord(z.enum(platformNames), word);

/** Those that came later are absent in records of before, and have their defaults then. */
const settings = z.strictObject({
  deviceLimitPerUser: z.number(),
  profileGraceMs: duration,
  checkInEveryMs: duration,
  enrollmentMs: duration,
  pushCertificateMs: duration,
  mdmCertificateMs: duration,
  renewBeforeMs: duration,
  removeAfterMs: duration,
  complianceConsoleLagMs: z.union([duration, z.tuple([duration, duration])]),
  staleLifetimeMs: duration.exactOptional(),
  notifyOnLicenceChange: z.boolean(),
  minimumOs: versionsByPlatform.exactOptional(),
  minimumCompanyPortal: versionsByPlatform.exactOptional(),
  mdmUserScope: z.enum(['all', 'none']).exactOptional(),
  bmsProvisioningMs: duration.exactOptional(),
  bmsProvisioningLimitMs: duration.exactOptional(),
});

const meta = z.strictObject({
  version: z.literal(1),
  authority,
  pushCertificate: z
    .strictObject({ authority, expiresAt: time, topic: word.exactOptional(), isEnded: z.boolean().exactOptional() })
    .exactOptional(),
  coexistence: z.boolean().exactOptional(),
  /** Where an administrator replaced it; else the configuration of the start says it. */
  organization: z.strictObject({ id: word, displayName: word, domain: word.exactOptional(), settings }).exactOptional(),
  /** Of the text with which the tenant began. */
  digest: word.exactOptional(),
  /** Numbers bought, by part number. */
  licences: z.record(word, z.number().int().min(0)).exactOptional(),
  /** How often a stub that emitted events was started on this folder. */
  eventStarts: z.number().int().min(0).exactOptional(),
  /** Of the device that enrolled last, once it has left. Absent where none was there. */
  lastSequence: z.number().int().exactOptional(),
  /** Acts of which an administrator has said something (A17). */
  consents: z
    .partialRecord(
      z.enum(consentActs),
      z.strictObject({ given: z.boolean(), by: word.exactOptional(), at: time.exactOptional() }),
    )
    .exactOptional(),
  bms: z
    .strictObject({
      status: z.enum(['none', 'provisioning', 'ready', 'stuck']),
      since: time,
      activatedAt: time.exactOptional(),
      exclusions: z.array(word),
    })
    .exactOptional(),
});

const whole = z.number().int().min(0);

const change = z.strictObject({
  at: time,
  by: word,
  cause: z.enum(causes),
  from: authority,
  to: authority,
  concerns: z.union([
    z.literal('all'),
    z.strictObject({ users: z.array(word) }),
    z.strictObject({ group: word }),
    z.strictObject({ devices: z.array(word) }),
  ]),
  /** The sequence of the device that enrolled last before it. */
  lastSequence: z.number().int(),
  enrolled: whole,
  toNotify: whole,
  notified: whole,
  /** The sequences up to which devices were notified: of all, and of those that waited for a push certificate. Absent: none, or no need. */
  notifiedUpTo: z.number().int().exactOptional(),
  certificateNotifiedUpTo: z.number().int().exactOptional(),
  topic: word.exactOptional(),
  topics: z.array(word).exactOptional(),
  certificate: z.strictObject({ at: time, by: word, topic: word.exactOptional() }).exactOptional(),
  /** That its days of grace are over was told. */
  isGraceOver: z.literal(true).exactOptional(),
});

const passed = z.strictObject({ moved: whole, stayed: whole, left: whole });

/** Devices that are asked to check in because something that is assigned has changed; by its id. */
const asking = z.strictObject({
  forms: z.array(assigned.omit({ id: true, profile: true }).extend({ after: z.number().int() })),
  last: z.number().int(),
});

/** The sequence up to which they were asked. */
const asked = z.number().int();

export const descriptions = {
  meta,
  user,
  group,
  profile: assigned,
  compliance: compliancePolicy,
  comanagement,
  content: profile,
  device,
  change,
  moved: passed,
  asking,
  asked,
  failure,
  attempt,
  restriction,
  corporate,
  bulkToken,
  autopilot,
  autopilotProfile,
  audit,
} as const satisfies Record<Table, z.ZodType>;

/** The present version of each table. The first form of a device had whole profiles in its commands; the others' are in `former.ts`. */
export const versions: Readonly<Record<Table, number>> = {
  meta: 1,
  user: 2,
  group: 1,
  profile: 2,
  compliance: 1,
  comanagement: 1,
  content: 1,
  device: 3,
  change: 2,
  moved: 2,
  asking: 1,
  asked: 1,
  failure: 1,
  attempt: 1,
  restriction: 1,
  corporate: 1,
  bulkToken: 1,
  autopilot: 1,
  autopilotProfile: 1,
  audit: 1,
};

/** Throws REQUEST_INVALID where a record could not be stored as it is: to be asked before anything is changed. */
export function assertFits(table: Table, value: unknown): void {
  const why = misfit(descriptions[table], value);
  if (why !== undefined) throw stubError('REQUEST_INVALID', `This ${table} cannot be taken: ${why}`);
}
