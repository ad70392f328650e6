// Profiles, commands and answers as the admin API shows them: secrets masked, bytes as base64.

import { command as commandDescription, outcome as outcomeDescription } from '../../protocol/vocabulary/command.js';
import { masked, namesAlone, type Veil, withoutNamed } from '../../protocol/vocabulary/mask.js';
import { profile as profileDescription } from '../../protocol/vocabulary/profile.js';
import type { Command, Outcome, Profile } from '../../protocol/vocabulary.js';
import type { Role } from './graph.js';

const placeholder = /^\{\{\w+\}\}$/;

/** What stands where a secret is not shown. */
export const hiddenSecret = '(secret)';

const hidden = (value: unknown): unknown =>
  typeof value === 'string' && placeholder.test(value) ? value : hiddenSecret;

const namesOnly: Veil = { secret: hidden, opaque: (value) => namesAlone(value, hidden) };

/**
 * Secrets are known by the description of their field. Values of somebody else's naming (the body of a native command, the
 * settings of a configuration, what a device answered, the payload of a declaration) have none: of those a reader sees the
 * names alone, and whoever administers sees all but what bears the name of a secret.
 */
const veils: Readonly<Record<Role, Veil>> = {
  administrator: { secret: hidden, opaque: (value) => withoutNamed(value, hidden) },
  helpDesk: namesOnly,
  reader: namesOnly,
};

function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}

/** What this role may see. Placeholders such as `{{secret}}` stay: they give nothing away. */
export const shownProfile = (profile: Profile, to: Role): unknown =>
  toJson(masked(profileDescription, profile, veils[to]));
export const shownCommand = (command: Command, to: Role): unknown =>
  toJson(masked(commandDescription, command, veils[to]));
export const shownOutcome = (outcome: Outcome, to: Role): unknown =>
  toJson(masked(outcomeDescription, outcome, veils[to]));
/** All of it, secrets too: for whoever asks for just that. */
export const plainProfile = (profile: Profile): unknown => toJson(profile);
/** Values that no description tells anything of. */
export const shownOpaque = (value: unknown, to: Role): unknown => toJson(veils[to].opaque(value));
