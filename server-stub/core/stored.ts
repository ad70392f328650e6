// A tenant's devices as they are stored, and read again. What is read may be of an older form (`historyOf`), and is judged without bounds.
import { z } from 'zod';
import type { Upgrades } from '../../base/upgrades.js';
import { command } from '../../protocol/vocabulary/command.js';
import { stored } from '../../protocol/vocabulary/derive.js';
import type { FormHistory } from '../versioned.js';
import { type OnUnreadable, readAnswered, type StoredEntry, writeAnswered } from './answered.js';
import { contentKeyOf, type StoredContents } from './contents.js';
import { versions } from './descriptions.js';
import type { TenantDevice } from './device-state.js';
import { changeUpgrades, movedUpgrades, profileUpgrades, userUpgrades } from './former.js';
import type { Table } from './persistence.js';
import { CommandQueue, type Entry, type KeptAnswers } from './queue.js';
import type { StoredRecord } from './record-forms.js';
import type { DeviceRecord, HeldProfile } from './types.js';

type StoredDevice = StoredRecord<'device'>;

/** How the records of a table are brought to its present version; profiles that lay within devices go to `contents`. */
export const historyOf = (table: Table, contents: StoredContents): FormHistory => ({
  version: versions[table],
  upgrades: upgradesOf(table, contents),
});

function upgradesOf(table: Table, contents: StoredContents): Upgrades {
  switch (table) {
    case 'device':
      return { 1: (value) => withContents(value, contents), 2: withAnswersAsText };
    case 'user':
      return userUpgrades;
    case 'profile':
      return profileUpgrades;
    case 'change':
      return changeUpgrades;
    case 'moved':
      return movedUpgrades;
    default:
      return {};
  }
}

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

const listedAnswers = z.looseObject({ answered: z.array(z.looseObject({})) });

function withAnswersAsText(value: unknown): unknown {
  const { answered, ...rest } = listedAnswers.parse(value);
  return { ...rest, answered: writeAnswered(answered as unknown as readonly StoredEntry[]) };
}

/** A copy of plain values, free of the live objects; what its commands install is said by the key of its content. */
export function storeDevice(device: TenantDevice): StoredDevice {
  return {
    record: device.record,
    revision: device.revision,
    ...(device.missed !== undefined && { missed: [...device.missed] }),
    ...(device.isToMove === true && { isToMove: true }),
    ...(device.toldEnd !== undefined && { toldEnd: device.toldEnd }),
    open: device.queue.open.map(storeEntry),
    answered: device.queue.keptText ?? writeAnswered(device.queue.answered.map(storeEntry)),
    failed: [...device.failed],
    secrets: [...device.secrets],
    doubtful: [...device.doubtful],
    ...(device.contents !== undefined && {
      contents: [...device.contents].map(([name, profile]) => [name, contentKeyOf(profile)] as [string, string]),
    }),
  };
}

function storeEntry({ command: asked, ...entry }: Entry): StoredEntry {
  if (asked.kind === 'install-profile') return { ...entry, content: contentKeyOf(asked.profile) };
  return { ...entry, command: asked };
}

/** Gives equal words that recur in many devices as one: what is shared while devices live is shared after a restart too. */
type Share = <T extends string>(word: T) => T;

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
  {
    record,
    revision,
    missed,
    isToMove,
    toldEnd,
    open,
    answered,
    failed,
    secrets,
    doubtful,
    contents: held,
  }: StoredDevice,
  deviceId: string,
  contents: StoredContents,
  share: Share,
  answersOf: (text: string, deviceId: string) => KeptAnswers,
): TenantDevice {
  const entries = (list: readonly StoredEntry[]) => list.flatMap((each) => restoreEntry(each, contents, share) ?? []);
  const lost = open.flatMap(({ command: asked, content, work, wasSent }) =>
    asked === undefined && !contents.has(content) && wasSent && work?.kind === 'install' ? [work.name] : [],
  );
  return {
    record: restoreRecord(record, deviceId, share),
    revision,
    ...(missed !== undefined && { missed }),
    ...(isToMove === true && { isToMove }),
    ...(toldEnd !== undefined && { toldEnd }),
    queue: new CommandQueue(entries(open), answered === '' ? undefined : answersOf(answered, deviceId)),
    failed: new Map(failed),
    secrets: new Map(secrets.map(([name, secret]) => [share(name), secret])),
    doubtful: new Set([...doubtful, ...lost]),
    ...(held !== undefined && {
      contents: new Map(
        held.flatMap(([name, key]) => {
          const profile = contents.get(key);
          return profile === undefined ? [] : [[share(name), profile] as const];
        }),
      ),
    }),
    settledOn: undefined,
  };
}

/** What devices answered, as it is stored; `onUnreadable` hears of entries that are none. */
export function answersBy(
  contents: StoredContents,
  share: Share,
  onUnreadable: OnUnreadable,
): (text: string, deviceId: string) => KeptAnswers {
  const read = (text: string, deviceId: string) =>
    readAnswered(text, deviceId, onUnreadable).flatMap((each) => restoreEntry(each, contents, share) ?? []);
  return (text, deviceId) => new KeptText(text, deviceId, read);
}

class KeptText implements KeptAnswers {
  readonly #read: (text: string, deviceId: string) => readonly Entry[];

  constructor(
    readonly text: string,
    readonly deviceId: string,
    read: (text: string, deviceId: string) => readonly Entry[],
  ) {
    this.#read = read;
  }

  read(): readonly Entry[] {
    return this.#read(this.text, this.deviceId);
  }
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
