// Judges a value by the rows of one schema file; apple-schema.ts finds the file.
import { isDeepStrictEqual } from 'node:util';
import { isSince } from '../../protocol/apple-mdm/request-types.js';
import { PlistReal } from '../../protocol/plist/value.js';

interface Platform {
  introduced?: string;
  removed?: string;
  accessrights?: string;
  supervised?: boolean;
  userenrollment?: { mode?: string };
  sharedipad?: { mode?: string; devicechannel?: boolean };
}

export interface SchemaKey {
  key: string;
  type: string;
  presence?: 'required' | 'optional';
  rangelist?: (string | number)[];
  range?: { min?: number; max?: number };
  format?: string;
  subtype?: string;
  repetition?: { min?: number; max?: number };
  subkeys?: SchemaKey[];
  supportedOS?: Record<string, Platform>;
}

export interface SchemaFile {
  payload: {
    requesttype?: string;
    payloadtype?: string;
    declarationtype?: string;
    statusitemtype?: string;
    supportedOS?: Record<string, Platform>;
  };
  payloadkeys?: SchemaKey[];
  responsekeys?: SchemaKey[];
  reasons?: { value: string; details?: { key: string }[] }[];
}

/** What the schema cannot see in the message itself. The defaults: device enrollment, an iPad of one user, perhaps supervised. */
export interface Situation {
  readonly isUserEnrollment?: boolean;
  readonly isSharedIpad?: boolean;
  /** When false, keys for supervised devices only are a problem. */
  readonly isSupervised?: boolean;
  /** When given, keys that a later iOS brought are a problem. */
  readonly osVersion?: string;
}

export type Form = 'plist' | 'json';
export interface Judging extends Situation {
  readonly form: Form;
  /** False for an Error or NotNow, which owe no answer. */
  readonly isComplete: boolean;
}

export type Dict = Readonly<Record<string, unknown>>;

/** Why this key may not appear; undefined when it may. */
export function whyNot(key: SchemaKey, how: Situation): string | undefined {
  const ios = key.supportedOS?.['iOS'];
  if (ios === undefined) return undefined;
  if (ios.introduced === 'n/a') return 'not on iOS';
  if (ios.removed !== undefined) return `removed in iOS ${ios.removed}`;
  if (how.osVersion !== undefined && !isSince(how.osVersion, ios.introduced ?? '4.0'))
    return `not before iOS ${ios.introduced}`;
  if (how.isUserEnrollment === true && ios.userenrollment?.mode === 'forbidden') return 'not in User Enrollment';
  if (how.isUserEnrollment !== true && ios.userenrollment?.mode === 'required') return 'only in User Enrollment';
  if (how.isSharedIpad === true && ios.sharedipad?.mode === 'forbidden') return 'not on a Shared iPad';
  if (how.isSharedIpad !== true && ios.sharedipad?.mode === 'required') return 'only on a Shared iPad';
  if (how.isSupervised === false && ios.supervised === true) return 'only when supervised';
  return undefined;
}

function isRequired(key: SchemaKey, how: Judging): boolean {
  if (whyNot(key, how) !== undefined || key.key.startsWith('ANY')) return false;
  const isAsked = how.isUserEnrollment === true && key.supportedOS?.['iOS']?.userenrollment?.mode === 'required';
  return how.isComplete && (isAsked || key.presence === 'required');
}

export function judgeKeys(keys: readonly SchemaKey[], given: Dict, at: string, how: Judging): string[] {
  const problems: string[] = [];
  for (const key of keys) {
    if (given[key.key] === undefined && isRequired(key, how)) problems.push(`${at}/${key.key}: missing`);
  }
  const wildcard = keys.find((key) => key.key.startsWith('ANY'));
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const key = keys.find((own) => own.key === name) ?? wildcard;
    const why = key === undefined ? 'not in the schema' : whyNot(key, how);
    if (why !== undefined) problems.push(`${at}/${name}: ${why}`);
    else if (key !== undefined) problems.push(...judgeValue(key, value, `${at}/${name}`, { ...how, isComplete: true }));
  }
  return problems;
}

export function judgeValue(key: SchemaKey, value: unknown, at: string, how: Judging): string[] {
  if (!hasType(key.type, value, how.form)) return [`${at}: not ${key.type}`];
  const plain = value instanceof PlistReal ? value.value : value;
  const problems: string[] = [];
  if (key.rangelist && !key.rangelist.some((allowed) => isDeepStrictEqual(allowed, plain))) {
    problems.push(`${at}: ${String(plain)} is not one of ${key.rangelist.join(', ')}`);
  }
  if (typeof plain === 'number' && (plain < (key.range?.min ?? -Infinity) || plain > (key.range?.max ?? Infinity))) {
    problems.push(`${at}: ${plain} is out of range`);
  }
  if (typeof plain === 'string') problems.push(...judgeText(key, plain, at, how));
  if (Array.isArray(plain)) problems.push(...judgeItems(key, plain, at, how));
  else if (isMap(plain) && key.subkeys) problems.push(...judgeMap(key.subkeys, plain, at, how));
  return problems;
}

function judgeText(key: SchemaKey, text: string, at: string, how: Judging): string[] {
  const problems: string[] = [];
  if (key.format !== undefined && !new RegExp(key.format).test(text)) problems.push(`${at}: not ${key.format}`);
  if (key.subtype === '<url>' && !URL.canParse(text)) problems.push(`${at}: not a URL`);
  // A string that has subkeys takes their names for values (DeviceInformation's Queries).
  if (key.subkeys && key.type === '<string>') {
    const named = key.subkeys.find((own) => own.key === text);
    const why = named === undefined ? 'not in the schema' : whyNot(named, how);
    if (why !== undefined) problems.push(`${at}: ${text} is ${why}`);
  }
  return problems;
}

function judgeItems(key: SchemaKey, items: readonly unknown[], at: string, how: Judging): string[] {
  const problems: string[] = [];
  const { min = 0, max = Infinity } = key.subkeys?.[0]?.repetition ?? {};
  if (items.length < min || items.length > max) problems.push(`${at}: ${items.length} items`);
  const kinds = key.subkeys ?? [];
  items.forEach((item, index) => {
    const kind = kinds.length > 1 ? kinds.find((one) => isOfKind(one, item)) : kinds[0];
    const why = kind === undefined ? undefined : whyNot(kind, how);
    if (kind === undefined) problems.push(...(kinds.length > 1 ? [`${at}/${index}: is no kind of item`] : []));
    else if (why !== undefined) problems.push(`${at}/${index}: ${kind.key} is ${why}`);
    else problems.push(...judgeValue(kind, item, `${at}/${index}`, how));
  });
  return problems;
}

/** Several subkeys of an array are kinds of item, told apart by the one value that each allows for Item (Settings). */
const isOfKind = (kind: SchemaKey, item: unknown): boolean =>
  isMap(item) && kind.subkeys?.find((key) => key.key === 'Item')?.rangelist?.[0] === item['Item'];

/** An item of a status array that says `_removed` owes nothing but its identifier. */
function judgeMap(keys: readonly SchemaKey[], map: Dict, at: string, how: Judging): string[] {
  const isRemoval = map['_removed'] === true && keys.some((key) => key.key === '_removed');
  return judgeKeys(keys, map, at, { ...how, isComplete: !isRemoval });
}

export function isMap(value: unknown): value is Dict {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function hasType(type: string, value: unknown, form: Form): boolean {
  switch (type) {
    case '<string>':
      return typeof value === 'string';
    case '<integer>':
      return typeof value === 'bigint' || Number.isInteger(value);
    case '<real>':
      return value instanceof PlistReal || (form === 'json' && typeof value === 'number');
    case '<boolean>':
      return typeof value === 'boolean';
    case '<date>':
      return (
        value instanceof Date || (form === 'json' && typeof value === 'string' && !Number.isNaN(Date.parse(value)))
      );
    case '<data>':
      return value instanceof Uint8Array || (form === 'json' && typeof value === 'string' && isBase64(value));
    case '<array>':
      return Array.isArray(value);
    case '<dictionary>':
      return isMap(value);
    default:
      return type === '<any>';
  }
}

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
