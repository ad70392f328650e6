// The record of a device, as it is stored.
import { z } from 'zod';
import { command, outcome } from '../../protocol/vocabulary/command.js';
import { authorities, platformNames, profileKinds } from '../../protocol/vocabulary/names.js';
import { enrollmentTypes } from './types.js';

const authority = z.enum(Object.keys(authorities) as [keyof typeof authorities]);
const time = z.number();
const word = z.string();
const whole = z.number().int().min(0);

const held = z.strictObject({
  name: word,
  kind: z.enum(profileKinds),
  authority,
  version: word,
  since: time.exactOptional(),
  stale: z.boolean(),
  staleSince: time.exactOptional(),
  leaving: z.boolean().exactOptional(),
  expired: z.boolean().exactOptional(),
  pinned: z.boolean().exactOptional(),
});

const work = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('install'), name: word, authority, version: word }),
  z.strictObject({ kind: z.literal('remove'), name: word }),
]);

export const entry = z.strictObject({
  id: word,
  /** Any but `install-profile`, which says under `content` what is installed. */
  command: command.exactOptional(),
  /** Key of the table `content`. */
  content: word.exactOptional(),
  queuedAt: time,
  by: z.enum(['core', 'administrator']),
  work: work.exactOptional(),
  status: z.enum(['waiting', 'sent', 'later', 'done', 'failed']),
  wasSent: z.boolean(),
  outcome: outcome.exactOptional(),
  answeredAt: time.exactOptional(),
});

const complianceState = z.enum(['unknown', 'compliant', 'noncompliant', 'inGracePeriod']);

export const device = z.strictObject({
  record: z.strictObject({
    id: word,
    /** Absent in records of the first form. */
    sequence: z.number().int().exactOptional(),
    platform: z.enum(platformNames),
    deviceId: word,
    serial: word,
    userId: word.exactOptional(),
    status: z.enum(['pending', 'enrolled', 'retiring', 'wiping', 'removed']),
    managedBy: authority,
    enrolledAt: time,
    lastSyncAt: time.exactOptional(),
    deviceName: word.exactOptional(),
    model: word.exactOptional(),
    osVersion: word.exactOptional(),
    imei: word.exactOptional(),
    enrollmentType: z.enum(enrollmentTypes).exactOptional(),
    certificateExpiresAt: time.exactOptional(),
    sync: z.strictObject({ askedAt: time, doneAt: time.exactOptional() }).exactOptional(),
    facts: z
      .strictObject({ hasPasscode: z.boolean().exactOptional(), isEncrypted: z.boolean().exactOptional() })
      .exactOptional(),
    compliance: z
      .strictObject({
        state: complianceState,
        violated: z.array(word),
        since: time.exactOptional(),
        graceEndsAt: time.exactOptional(),
        console: z.strictObject({ state: complianceState, until: time }).exactOptional(),
      })
      .exactOptional(),
    held: z.array(held),
    dialect: z.record(word, z.unknown()),
  }),
  revision: z.number().int().min(0),
  /** Changes before `revision` that it has missed. */
  missed: z.array(whole).exactOptional(),
  /** A26: it has no user, and support has asked for it to be moved. */
  isToMove: z.boolean().exactOptional(),
  /** The end of its certificate that was told last. */
  toldEnd: time.exactOptional(),
  open: z.array(entry),
  /** See core/answered.ts. */
  answered: z.string(),
  failed: z.array(z.tuple([word, word])),
  secrets: z.array(z.tuple([word, word])),
  doubtful: z.array(word),
  /** Name of a setting that is held, and the key of its content in the table `content`. */
  contents: z.array(z.tuple([word, word])).exactOptional(),
});
