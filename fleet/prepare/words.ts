// The words of a device's state and of its authority's records that are this device's own.
import type { DeviceFacts, DeviceState, OwnWord } from '../../agent/index.js';
import type { Blank } from '../../base/template.js';
import { fingerprint } from '../../protocol/x509/certificate.js';
import type { RecordedUser } from '../../server-stub/index.js';

/** A certificate that the authority gave the device. */
export interface OwnCertificate {
  readonly der: Uint8Array;
  /** Upper-case hexadecimal. */
  readonly serial: string;
}

/** What one device has that no other has. */
export interface Own {
  readonly facts: DeviceFacts;
  readonly deviceName: string;
  /** What the platform says follows from the facts. */
  readonly told: readonly string[];
  readonly user: Pick<RecordedUser, 'id' | 'upn' | 'displayName'>;
  /** The authority's id of it. */
  readonly id: string;
  /** By chance: what its platform draws, passwords and challenges of its profiles. */
  readonly drawn: readonly OwnWord[];
  /** Names of keys in the pool, or the keys themselves. */
  readonly keys: readonly string[];
  readonly certificates: readonly OwnCertificate[];
}

/** So long a text is found within others. */
const longEnough = 8;

/**
 * As blanks of an example; as words for a copy in the same places: two of a kind have as many, in the same order.
 */
export function wordsOf(own: Own): readonly Blank[] {
  const { facts, deviceName, told, user, id, drawn, keys, certificates } = own;
  const { native, imei = '', meid = '' } = facts;
  const texts = [facts.id, facts.serial, imei, meid, facts.wifiMac, facts.bluetoothMac, ...told, id, user.id];
  const nativeTexts = Object.keys(native)
    .sort()
    .map((key) => native[key])
    .map((value) => (typeof value === 'string' ? value : ''));
  return [
    ...texts.flatMap(inCases),
    ...nativeTexts.map((word) => (word.length >= longEnough ? { word } : { word, isWhole: true })),
    { word: user.upn },
    { word: user.displayName, isWhole: true, isValue: true },
    { word: user.upn.split('@')[0] ?? '', isValue: true },
    ...drawn.map((word) => ({ word })),
    ...keys.map((word) => ({ word, isWhole: true })),
    ...certificates.flatMap(certificateWords),
    ...[deviceName, facts.model, facts.modelName, facts.manufacturer, facts.osBuild].map((word) => ({
      word,
      isWhole: true,
    })),
  ];
}

/** Paths are written in lower case, hexadecimal in either. */
const inCases = (word: string): readonly Blank[] => [
  { word },
  { word: word.toLowerCase() },
  { word: word.toUpperCase() },
];

function certificateWords({ der, serial }: OwnCertificate): readonly Blank[] {
  const bytes = Buffer.from(der.buffer, der.byteOffset, der.length);
  const thumbprint = fingerprint(der, 'sha1').toString('hex');
  return [
    { word: bytes },
    { word: bytes.toString('base64') },
    ...[serial, serial.toLowerCase(), thumbprint, thumbprint.toUpperCase()].map((word) => ({ word })),
  ];
}

/** All records and lists in a value, outermost first, and what stands in them. */
export function* within(value: unknown): Generator<unknown, void> {
  yield value;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const each of Object.values(value)) yield* within(each);
}

/** Passwords of SCEP, which are good once; not those that the tenant's file has, which are everybody's. */
export function challengesIn(
  { holdings, link }: Pick<DeviceState, 'holdings' | 'link'>,
  written: ReadonlySet<string>,
): readonly string[] {
  const found = new Set<string>();
  for (const each of within([holdings, link?.data])) {
    if (typeof each !== 'object' || each === null) continue;
    const { challenge } = each as { readonly challenge?: unknown };
    if (typeof challenge === 'string' && !written.has(challenge)) found.add(challenge);
  }
  return [...found];
}
