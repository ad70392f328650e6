// The profiles that commands install: each content is stored once, under a key made of it, and is in memory once after a restart,
// however many devices were told to install it.
import { createHash } from 'node:crypto';
import { serialize } from 'node:v8';
import type { Profile } from '../../protocol/vocabulary.js';

/** Profiles are never changed in place, so each is looked at once. */
const keys = new WeakMap<Profile, string>();

/** The key of exactly this content. (`versionOf` is another one: it is the same for contents that differ in spelling alone.) */
export function contentKeyOf(profile: Profile): string {
  let key = keys.get(profile);
  if (key === undefined) {
    key = createHash('sha256').update(serialize(profile)).digest('base64url');
    keys.set(profile, key);
  }
  return key;
}

/** The contents of a store while it is read. */
export class StoredContents {
  readonly #byKey = new Map<string, Profile>();

  /** Takes a content as it was stored; where it is there already, that one stays. */
  read(key: string, profile: Profile): void {
    if (this.#byKey.has(key)) return;
    keys.set(profile, key);
    this.#byKey.set(key, profile);
  }

  /** Takes a profile that is in memory anyway, or that lay within a device; the key of its content. */
  add(profile: Profile): string {
    const key = contentKeyOf(profile);
    if (!this.#byKey.has(key)) this.#byKey.set(key, profile);
    return key;
  }

  get(key: string | undefined): Profile | undefined {
    return key === undefined ? undefined : this.#byKey.get(key);
  }

  has(key: string | undefined): boolean {
    return this.get(key) !== undefined;
  }
}
