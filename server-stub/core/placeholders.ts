import type { Profile } from '../../protocol/vocabulary.js';

/** What the core fills in. `{{scepUrl}}` and `{{scepChallenge}}` are left to the dialect, which knows its addresses. */
interface PlaceholderValues {
  readonly upn: string;
  readonly userName: string;
  readonly deviceId: string;
  readonly serial: string;
  /** Asked for only where the profile has a `{{secret}}`. */
  readonly secret: () => string;
}

const placeholder = /\{\{(upn|userName|deviceId|serial|secret)\}\}/g;

function hasPlaceholder(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('{{');
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return false;
  return Object.values(value).some(hasPlaceholder);
}

function filled<T>(value: T, values: PlaceholderValues): T;
function filled(value: unknown, values: PlaceholderValues): unknown {
  if (typeof value === 'string') {
    if (!value.includes('{{')) return value;
    return value.replace(placeholder, (_, name: keyof PlaceholderValues) =>
      name === 'secret' ? values.secret() : values[name],
    );
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((item) => filled<unknown>(item, values));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled<unknown>(item, values)]));
}

const known = new WeakMap<Profile, boolean>();

/** The profile for one device. The same object comes back where there is nothing to fill in; names stay as they are. */
export function fillProfile(profile: Profile, values: PlaceholderValues): Profile {
  let has = known.get(profile);
  if (has === undefined) {
    has = hasPlaceholder(profile);
    known.set(profile, has);
  }
  return has ? { ...filled(profile, values), name: profile.name } : profile;
}
