// The devices in a data folder while no stub serves it: read as examples, and written as others that were made after them.

import type { KeyObject } from 'node:crypto';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { withFile } from '../base/command-line.js';
import type { Log } from '../base/log.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import { readCertificate } from '../protocol/x509/certificate.js';
import type { SubjectAltNames } from '../protocol/x509/extensions.js';
import { issueCertificate } from '../protocol/x509/issue.js';
import type { Rdn } from '../protocol/x509/name.js';
import { newSerial } from './ca.js';
import { readAnswered, writeAnswered } from './core/answered.js';
import { versions } from './core/descriptions.js';
import { openJournal } from './core/journal.js';
import type { Dialects } from './dialect.js';
import { stubError } from './errors.js';
import { readKept } from './kept.js';
import { readRoot } from './root-files.js';

/** A person of the tenant. */
export interface RecordedUser {
  readonly id: string;
  readonly upn: string;
  readonly displayName: string;
}

/** All that is stored of one device, as plain values. */
export interface RecordedDevice {
  readonly device: Readonly<Record<string, unknown>>;
  readonly certificates: readonly Readonly<Record<string, unknown>>[];
}

/** What of it is the device's alone and follows from nothing else. */
export interface RecordedDraws {
  readonly id: string;
  /** Passwords and keys that its profiles have, by chance. */
  readonly secrets: readonly string[];
}

export interface CopiedCertificate {
  /** DER of one of the example's: validity and purposes are its. */
  readonly like: Uint8Array;
  readonly subject: readonly Rdn[];
  readonly subjectAltName?: SubjectAltNames | undefined;
  readonly publicKey: KeyObject;
}

/** A data folder, held. */
export interface DeviceRecords {
  /** PEM of the root. */
  readonly rootPem: string;
  users(): readonly RecordedUser[];
  /** By the name that the authority has for the device. */
  example(deviceId: string): { readonly recorded: RecordedDevice; readonly draws: RecordedDraws } | undefined;
  /** Signs a certificate with the root: DER, with a serial number of its own. */
  issue(certificate: CopiedCertificate): Buffer;
  /** Another uuid, as the tenant makes them. */
  newId(): string;
  /** Writes a device down after the example's form, last in the order of enrollment. `sent`: `Dialect.settled`. */
  put(recorded: RecordedDevice, sent: string | undefined): void;
  /** Resolves when all that was put is on the disk. Throws STORE_UNWRITABLE. */
  durable(): Promise<void>;
  close(): Promise<void>;
}

const deviceForm = z.looseObject({
  version: z.number(),
  value: z.looseObject({
    record: z.looseObject({
      id: z.string(),
      sequence: z.number(),
      platform: z.string(),
      dialect: z.record(z.string(), z.unknown()),
    }),
    answered: z.string(),
    secrets: z.array(z.tuple([z.string(), z.string()])),
  }),
});
const userForm = z.looseObject({
  value: z.looseObject({ id: z.string(), upn: z.string(), displayName: z.string() }),
});
const certificateForm = z.looseObject({ serial: z.string(), deviceId: z.string().optional() });

/**
 * Opens the data folder of a stub that has ended. Throws DATA_LOCKED while one serves it, DATA_CORRUPT where it has no tenant or is damaged.
 */
export function openDeviceRecords(folder: string, dialects: Dialects, log: Pick<Log, 'error'>): DeviceRecords {
  const [certificate, key] = ['ca.pem', 'ca.key.pem'].map((name) => {
    const path = join(folder, name);
    return withFile(path, () => readFileSync(path, 'utf8'));
  }) as [string, string];
  const root = readRoot({ certificate, key });
  const journal = openJournal(folder, log);
  const stored = journal.load();
  if (stored === undefined) throw stubError('DATA_CORRUPT', `${folder} has no tenant`);
  const issued = journal.keep('issued');
  const read = <T>(form: z.ZodType<T>, value: unknown, what: string): T => {
    const { data } = form.safeParse(value);
    if (data === undefined) throw stubError('DATA_CORRUPT', `${what} in ${folder} cannot be read`);
    return data;
  };
  const examples = new Map<string, z.infer<typeof deviceForm>['value']>();
  let sequence = 0;
  for (const [deviceId, each] of stored.device) {
    const { value } = read(deviceForm, each, `the device ${deviceId}`);
    examples.set(deviceId, value);
    sequence = Math.max(sequence, value.record.sequence);
  }
  const certificates = new Map<string, z.infer<typeof certificateForm>[]>();
  for (const [, entry] of readKept(issued, 'certificate', certificateForm)) {
    const { deviceId } = entry;
    if (deviceId !== undefined) certificates.set(deviceId, [...(certificates.get(deviceId) ?? []), entry]);
  }
  return {
    rootPem: certificate,
    users: () =>
      [...stored.user].map(([key, each]) => {
        const { value } = read(userForm, each, `the user ${key}`);
        const { id, upn, displayName } = value;
        return { id, upn, displayName };
      }),
    example(deviceId) {
      const value = examples.get(deviceId);
      if (value === undefined) return undefined;
      const { answered, ...device } = value;
      const entries = readAnswered(answered, deviceId, () => undefined);
      return {
        recorded: { device: { ...device, answered: entries }, certificates: certificates.get(deviceId) ?? [] },
        draws: { id: value.record.id, secrets: value.secrets.map(([, secret]) => secret) },
      };
    },
    issue({ like, subject, subjectAltName, publicKey }) {
      const { notBefore, notAfter, keyUsage = [], extendedKeyUsage = [] } = readCertificate(like);
      return issueCertificate({
        subject,
        issuer: root,
        publicKey,
        serial: newSerial(randomBytes),
        notBefore,
        notAfter,
        keyUsage,
        extendedKeyUsage: extendedKeyUsage as readonly `${number}.${string}`[],
        ...(subjectAltName === undefined ? {} : { subjectAltName }),
      });
    },
    newId: () => randomUUID(),
    put({ device, certificates: own }, sent) {
      const { record, answered, ...rest } = device as z.infer<typeof deviceForm>['value'];
      const entries = answered as unknown as Parameters<typeof writeAnswered>[0];
      const dialect = dialects[record.platform as PlatformName];
      const memory = sent === undefined ? undefined : dialect?.settled?.(record.dialect, sent);
      sequence++;
      const { deviceId } = record;
      journal.save('device', String(deviceId), {
        version: versions.device,
        value: {
          ...rest,
          record: { ...record, sequence, ...(memory === undefined ? {} : { dialect: memory }) },
          answered: writeAnswered(entries),
        },
      });
      for (const each of own) issued.put(String(each['serial']), each);
    },
    durable: () => journal.durable(),
    close: () => journal.close(),
  };
}
