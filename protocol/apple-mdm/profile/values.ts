// Reading a dictionary whose rules have been checked. A value of another type reads as absent: the checker has refused it already.
import { isDict, type PlistDict, PlistReal, type PlistValue } from '../../plist/value.js';

export const textAt = (from: PlistDict | undefined, key: string): string | undefined => {
  const value = from?.[key];
  return typeof value === 'string' ? value : undefined;
};

export const flagAt = (from: PlistDict | undefined, key: string, otherwise = false): boolean => {
  const value = from?.[key];
  return typeof value === 'boolean' ? value : otherwise;
};

/** A whole number: `<integer>`, or a `<real>` without a fraction, which Apple Configurator writes too. */
export function wholeNumber(value: PlistValue | undefined): number | undefined {
  const number = value instanceof PlistReal ? value.value : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

export const integerAt = (from: PlistDict | undefined, key: string): number | undefined => wholeNumber(from?.[key]);

export function realAt(from: PlistDict | undefined, key: string): number | undefined {
  const value = from?.[key];
  if (value instanceof PlistReal) return value.value;
  return typeof value === 'number' ? value : undefined;
}

/** The switches of VPN payloads: `<integer>1</integer>`, or `<true/>` as many servers write it. */
export const isOnAt = (from: PlistDict | undefined, key: string, otherwise = false): boolean => {
  const value = from?.[key];
  if (typeof value === 'boolean') return value;
  const number = wholeNumber(value);
  return number === undefined ? otherwise : number === 1;
};

export const dateAt = (from: PlistDict | undefined, key: string): Date | undefined => {
  const value = from?.[key];
  return value instanceof Date ? value : undefined;
};

export const dataAt = (from: PlistDict | undefined, key: string): Buffer | undefined => {
  const value = from?.[key];
  if (!(value instanceof Uint8Array)) return undefined;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
};

export const dictAt = (from: PlistDict | undefined, key: string): PlistDict | undefined => {
  const value = from?.[key];
  return isDict(value) ? value : undefined;
};

export const listAt = (from: PlistDict | undefined, key: string): readonly PlistValue[] => {
  const value = from?.[key];
  return Array.isArray(value) ? value : [];
};

export const dictsAt = (from: PlistDict | undefined, key: string): PlistDict[] => listAt(from, key).filter(isDict);

/** The strings of a list, or the one string that stands in its place. */
export const textsAt = (from: PlistDict | undefined, key: string): string[] => {
  const single = textAt(from, key);
  return single === undefined ? listAt(from, key).filter((item) => typeof item === 'string') : [single];
};

/** `{ key: value }` where there is a value, `{}` where there is none: for optional fields of an object literal. */
export function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
