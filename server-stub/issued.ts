// Which certificates were issued, to whom, and which device each speaks for. A journal on disk, an index in memory.
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from './clock.js';
import { stubError } from './errors.js';
import { readSecretFile, writeFileSafely } from './files.js';

export interface IssuedCertificate {
  /** Upper-case hex. */
  readonly serial: string;
  readonly purpose: 'identity' | 'profile';
  readonly userId?: string | undefined;
  /** The device that presented it first: it speaks for no other. */
  readonly deviceId?: string | undefined;
  /** Milliseconds on the tenant's clock. */
  readonly expiresAt: number;
  readonly isRevoked: boolean;
}

export interface IssuedIndex {
  readonly size: number;
  get(serial: string): IssuedCertificate | undefined;
  add(entry: IssuedCertificate): void;
  bind(serial: string, deviceId: string): void;
  /** Every identity of a device but the one excepted stops speaking for it. */
  revokeDevice(deviceId: string, except?: string): void;
  close(): Promise<void>;
}

/** Opens the index of a data folder; in memory only without one. Throws DATA_CORRUPT. */
export async function openIssuedIndex(dataFolder: string | undefined, clock: Clock): Promise<IssuedIndex> {
  const entries = new Map<string, IssuedCertificate>();
  const byDevice = new Map<string, Set<string>>();
  let journal: WriteStream | undefined;

  const put = (entry: IssuedCertificate) => {
    entries.set(entry.serial, entry);
    if (entry.deviceId === undefined) return;
    const serials = byDevice.get(entry.deviceId) ?? new Set();
    byDevice.set(entry.deviceId, serials.add(entry.serial));
  };
  const write = (entry: IssuedCertificate) => {
    put(entry);
    journal?.write(`${JSON.stringify(entry)}\n`);
  };

  if (dataFolder !== undefined) {
    const path = join(dataFolder, 'issued.jsonl');
    const text = (await readSecretFile(path)) ?? '';
    for (const entry of readJournal(text)) put(entry);
    // What has expired can never be accepted again: it is left out when the journal is written anew.
    for (const entry of entries.values()) if (entry.expiresAt < clock.now()) entries.delete(entry.serial);
    const lines = [...entries.values()].map((entry) => `${JSON.stringify(entry)}\n`);
    await writeFileSafely(path, lines.join(''), 0o600);
    journal = createWriteStream(path, { flags: 'a', mode: 0o600 });
  }

  return {
    get size() {
      return entries.size;
    },
    get: (serial) => entries.get(serial),
    add: write,
    bind(serial, deviceId) {
      const entry = entries.get(serial);
      if (entry !== undefined && entry.deviceId !== deviceId) write({ ...entry, deviceId });
    },
    revokeDevice(deviceId, except) {
      for (const serial of byDevice.get(deviceId) ?? []) {
        const entry = entries.get(serial);
        if (serial !== except && entry !== undefined && !entry.isRevoked) write({ ...entry, isRevoked: true });
      }
      const kept = except !== undefined && entries.get(except)?.deviceId === deviceId ? [except] : [];
      if (kept.length === 0) byDevice.delete(deviceId);
      else byDevice.set(deviceId, new Set(kept));
    },
    close: () => new Promise((resolve) => (journal === undefined ? resolve() : journal.end(() => resolve()))),
  };
}

/** The last line may be cut off by a crash; anything else that does not parse is damage. */
function readJournal(text: string): IssuedCertificate[] {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const entries = lines.filter((line) => line !== '').map((line, index) => readEntry(line, index + 1));
  if (last !== '') {
    try {
      entries.push(readEntry(last, lines.length + 1));
    } catch {
      // cut off: the certificate was never answered for
    }
  }
  return entries;
}

function readEntry(line: string, number: number): IssuedCertificate {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw stubError('DATA_CORRUPT', `issued.jsonl: line ${number} is not JSON`, { cause });
  }
  if (typeof value !== 'object' || value === null) throw corrupt(number);
  const { serial, purpose, userId, deviceId, expiresAt, isRevoked } = value as Record<string, unknown>;
  if (typeof serial !== 'string' || (purpose !== 'identity' && purpose !== 'profile')) throw corrupt(number);
  if (typeof expiresAt !== 'number' || typeof isRevoked !== 'boolean') throw corrupt(number);
  return {
    serial,
    purpose,
    userId: typeof userId === 'string' ? userId : undefined,
    deviceId: typeof deviceId === 'string' ? deviceId : undefined,
    expiresAt,
    isRevoked,
  };
}

const corrupt = (line: number) => stubError('DATA_CORRUPT', `issued.jsonl: line ${line} is not an issued certificate`);
