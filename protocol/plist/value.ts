/** A `<real>`: kept apart from integers, because Apple's schema tells them apart and both ends must write what they read. */
export class PlistReal {
  constructor(readonly value: number) {}
}

/** A property list as values. Integers beyond 2^53 are bigint; `<data>` is a Buffer; dictionaries have no prototype. */
export type PlistValue = string | number | bigint | boolean | Date | Uint8Array | PlistReal | PlistValue[] | PlistDict;
export interface PlistDict {
  [key: string]: PlistValue | undefined;
}

/** Bounds on what is read; a list beyond one of them is refused with PLIST_LIMIT, before it is built. */
export interface PlistLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
  readonly maxNodes: number;
}

export const messageLimits: PlistLimits = { maxBytes: 1024 * 1024, maxDepth: 64, maxNodes: 200_000 };
/** Of what a device reads: the depth is CoreFoundation's on iOS (CFPropertyList_Internal.h). */
export const profileLimits: PlistLimits = { maxBytes: 10 * 1024 * 1024, maxDepth: 128, maxNodes: 500_000 };

export function isDict(value: PlistValue | undefined): value is PlistDict {
  return (
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof PlistReal)
  );
}

/** A dictionary with these entries and no prototype; entries that are undefined are left out. */
export function dict(entries: Record<string, PlistValue | undefined>): PlistDict {
  const made: PlistDict = Object.create(null);
  for (const key of Object.keys(entries)) if (entries[key] !== undefined) made[key] = entries[key];
  return made;
}

/** With U+FFFD for half a surrogate pair: strings of CoreFoundation may hold one, what we write may not. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');
