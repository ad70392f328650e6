// Apple's words and the neutral ones. What has no neutral word goes as `native`, with a summary of plain values.
import { isDict, type PlistDict, PlistReal, type PlistValue } from '../../../protocol/plist/value.js';
import type { Command } from '../../../protocol/vocabulary.js';

export function native(name: string, body: Readonly<Record<string, unknown>> = {}): Command {
  return { kind: 'native', platform: 'ios', name, body };
}

/** A property list's values as plain ones: reals and big integers as numbers, dates as ISO text, bytes as bytes. */
export function plain(value: PlistValue): unknown {
  if (value instanceof PlistReal) return value.value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  return isDict(value) ? plainDict(value) : value;
}

export function plainDict(value: PlistDict): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    if (entry !== undefined) define(made, key, plain(entry));
  }
  return made;
}

/** The way back, for values that `plain` made or that were stored; what has no place in a property list is left out. */
export function toPlist(value: unknown): PlistValue | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : new PlistReal(value);
  if (typeof value === 'string' || typeof value === 'boolean' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(toPlist).filter((entry) => entry !== undefined);
  if (typeof value !== 'object' || value === null) return undefined;
  return toPlistDict(value);
}

export function toPlistDict(value: object): PlistDict {
  const made: PlistDict = Object.create(null);
  for (const [key, entry] of Object.entries(value)) made[key] = toPlist(entry);
  return made;
}

/** Sets a key of a peer's choosing as a plain property, whatever it is called. */
function define(into: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
}
