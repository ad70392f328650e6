// The records of a tenant's store: the one description of each. What is written fits it; what is read may be older (`histories`)
// and is judged without bounds.
import { z } from 'zod';
import { command, outcome } from '../../protocol/vocabulary/command.js';
import { stored } from '../../protocol/vocabulary/derive.js';
import { authorities, failureCategories, platformNames, profileKinds } from '../../protocol/vocabulary/names.js';
import { profile } from '../../protocol/vocabulary/profile.js';
import { type FormHistory, firstForm } from '../versioned.js';
import { contentKeyOf, type StoredContents } from './contents.js';
import type { DeviceState } from './device-state.js';
import type { Table } from './persistence.js';
import { CommandQueue, type Entry } from './queue.js';
import type { DeviceRecord, HeldProfile } from './types.js';
import { licences } from './types.js';

const authority = z.enum(Object.keys(authorities) as [keyof typeof authorities]);
const time = z.number();
const word = z.string();

export const user = z.strictObject({
  id: word.min(1),
  upn: word.min(1),
  displayName: word,
  licence: z.enum(licences),
  password: word.exactOptional(),
});

export const assigned = z.strictObject({
  id: word.min(1),
  authority,
  profile,
  assignedTo: z.union([z.literal('all'), z.array(word)]),
  platforms: z.array(z.enum(platformNames)).exactOptional(),
});

const meta = z.strictObject({
  version: z.literal(1),
  authority,
  pushCertificate: z.strictObject({ authority, expiresAt: time, topic: word.exactOptional() }).exactOptional(),
});

const change = z.strictObject({
  at: time,
  by: word,
  from: authority,
  to: authority,
  notified: z.number().int(),
  userlessDevices: z.array(word),
});

const failure = z.strictObject({
  id: word,
  at: time,
  platform: z.enum(platformNames),
  userUpn: word.exactOptional(),
  deviceId: word.exactOptional(),
  osVersion: word.exactOptional(),
  code: word,
  failureCategory: z.enum(failureCategories),
  failureReason: word,
  remedies: word,
});

const held = z.strictObject({
  name: word,
  kind: z.enum(profileKinds),
  authority,
  version: word,
  stale: z.boolean(),
  expired: z.boolean().exactOptional(),
  pinned: z.boolean().exactOptional(),
});

const work = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('install'), name: word, authority, version: word }),
  z.strictObject({ kind: z.literal('remove'), name: word }),
]);

const entry = z.strictObject({
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

const device = z.strictObject({
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
    held: z.array(held),
    dialect: z.record(word, z.unknown()),
  }),
  revision: z.number().int().min(0),
  open: z.array(entry),
  answered: z.array(entry),
  failed: z.array(z.tuple([word, word])),
  secrets: z.array(z.tuple([word, word])),
  doubtful: z.array(word),
});

export const descriptions = {
  meta,
  user,
  profile: assigned,
  content: profile,
  device,
  change,
  moved: z.number().int().min(0),
  failure,
} as const satisfies Record<Table, z.ZodType>;

/** What a record of each table is read by. */
export const forms = {
  meta: stored(meta),
  user: stored(user),
  profile: stored(assigned),
  content: stored(profile),
  device: stored(device),
  change: stored(change),
  moved: stored(descriptions.moved),
  failure: stored(failure),
} as const satisfies Record<Table, z.ZodType>;

type StoredDevice = z.output<(typeof forms)['device']>;
type StoredEntry = StoredDevice['open'][number];

/** The present version of each table. The first form of a device had whole profiles in its commands. */
export const versions: Readonly<Record<Table, number>> = {
  meta: 1,
  user: 1,
  profile: 1,
  content: 1,
  device: 2,
  change: 1,
  moved: 1,
  failure: 1,
};

/** How the records of a table are brought to its present version; profiles that lay within devices go to `contents`. */
export const historyOf = (table: Table, contents: StoredContents): FormHistory =>
  table === 'device'
    ? { version: versions.device, upgrades: { 1: (value) => withContents(value, contents) } }
    : { ...firstForm, version: versions[table] };

const firstEntries = z.array(z.looseObject({ command: stored(command) }));
const firstDevice = z.looseObject({ open: firstEntries, answered: firstEntries });

function withContents(value: unknown, contents: StoredContents): unknown {
  const { open, answered, ...rest } = firstDevice.parse(value);
  const refer = (entries: z.output<typeof firstEntries>) =>
    entries.map(({ command: asked, ...entry }) =>
      asked.kind === 'install-profile'
        ? { ...entry, content: contents.add(asked.profile) }
        : { ...entry, command: asked },
    );
  return { ...rest, open: refer(open), answered: refer(answered) };
}

/** A copy of plain values, free of the live objects; what its commands install is said by the key of its content. */
export function storeDevice(device: DeviceState): StoredDevice {
  return {
    record: device.record,
    revision: device.revision,
    open: device.queue.open.map(storeEntry),
    answered: device.queue.answered.map(storeEntry),
    failed: [...device.failed],
    secrets: [...device.secrets],
    doubtful: [...device.doubtful],
  };
}

function storeEntry({ command: asked, ...entry }: Entry): StoredEntry {
  if (asked.kind === 'install-profile') return { ...entry, content: contentKeyOf(asked.profile) };
  return { ...entry, command: asked };
}

/** Gives equal words that recur in many devices as one: what is shared while devices live is shared after a restart too. */
export type Share = <T extends string>(word: T) => T;

export function sharing(): Share {
  const words = new Map<string, string>();
  return <T extends string>(word: T) => {
    const known = words.get(word);
    if (known !== undefined) return known as T;
    words.set(word, word);
    return word;
  };
}

/**
 * The live device of what storeDevice gave. `deviceId` is the record's own, the very string that others hold. A command whose content could not be read is left out; where it was sent and waits for
 * its answer, the device may hold its profile, which is doubtful then.
 */
export function restoreDevice(
  { record, revision, open, answered, failed, secrets, doubtful }: StoredDevice,
  deviceId: string,
  contents: StoredContents,
  share: Share,
): DeviceState {
  const entries = (list: readonly StoredEntry[]) => list.flatMap((each) => restoreEntry(each, contents, share) ?? []);
  const lost = open.flatMap(({ command: asked, content, work, wasSent }) =>
    asked === undefined && !contents.has(content) && wasSent && work?.kind === 'install' ? [work.name] : [],
  );
  return {
    record: restoreRecord(record, deviceId, share),
    revision,
    queue: new CommandQueue(entries(open), entries(answered)),
    failed: new Map(failed),
    secrets: new Map(secrets.map(([name, secret]) => [share(name), secret])),
    doubtful: new Set([...doubtful, ...lost]),
    settledOn: undefined,
  };
}

/** The sequence of a device of the first form, which had none. */
export const unplaced = Number.NEGATIVE_INFINITY;

function restoreRecord(record: StoredDevice['record'], deviceId: string, share: Share): DeviceRecord {
  const {
    id,
    sequence = unplaced,
    platform,
    deviceId: _,
    serial,
    userId,
    status,
    managedBy,
    enrolledAt,
    lastSyncAt,
    ...rest
  } = record;
  return {
    id,
    sequence,
    platform: share(platform),
    deviceId,
    serial,
    ...(userId === undefined ? {} : { userId: share(userId) }),
    status: share(status),
    managedBy: share(managedBy),
    enrolledAt,
    ...(lastSyncAt === undefined ? {} : { lastSyncAt }),
    ...rest,
    held: rest.held.map((profile) => restoreHeld(profile, share)),
  };
}

function restoreHeld({ name, kind, authority, version, stale, ...flags }: HeldProfile, share: Share): HeldProfile {
  return {
    name: share(name),
    kind: share(kind),
    authority: share(authority),
    version: share(version),
    stale,
    ...flags,
  };
}

function restoreEntry(stored: StoredEntry, contents: StoredContents, share: Share): Entry | undefined {
  const { id, queuedAt, by, wasSent, status } = stored;
  const profile = contents.get(stored.content);
  const asked = profile === undefined ? stored.command : ({ kind: 'install-profile', profile } as const);
  if (asked === undefined) return undefined;
  const entry: Entry = {
    id,
    command: asked,
    queuedAt,
    by: share(by),
    ...(stored.work === undefined ? {} : { work: restoreWork(stored.work, share) }),
    status: share(status),
    wasSent,
  };
  if (stored.outcome !== undefined) entry.outcome = stored.outcome;
  if (stored.answeredAt !== undefined) entry.answeredAt = stored.answeredAt;
  return entry;
}

function restoreWork(work: NonNullable<StoredEntry['work']>, share: Share): NonNullable<Entry['work']> {
  if (work.kind === 'remove') return { kind: 'remove', name: share(work.name) };
  return { kind: 'install', name: share(work.name), authority: share(work.authority), version: share(work.version) };
}
