// Profiles, commands and answers as the admin API shows them: secrets masked, bytes as base64.

import { command as commandDescription, outcome as outcomeDescription } from '../../protocol/vocabulary/command.js';
import { masked, secretNames, type Veil } from '../../protocol/vocabulary/mask.js';
import { profile as profileDescription } from '../../protocol/vocabulary/profile.js';
import type { Command, Outcome, Profile } from '../../protocol/vocabulary.js';

const placeholder = /^\{\{\w+\}\}$/;
const names = new Set([...secretNames(commandDescription)].map((name) => name.toLowerCase()));

const veil: Veil = {
  secret: (value) => (typeof value === 'string' && placeholder.test(value) ? value : '(secret)'),
  opaque: (value) => byName(value),
};

/** Values of somebody else's naming: secret is what bears the name of a field that a description marks so. */
function byName(value: unknown, name = ''): unknown {
  if (names.has(name.toLowerCase())) return veil.secret(value);
  if (Array.isArray(value)) return value.map((item) => byName(item));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, byName(item, key)]));
}

function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}

/** What a reader may see. Placeholders such as `{{secret}}` stay: they give nothing away. */
export const shownProfile = (profile: Profile): unknown => toJson(masked(profileDescription, profile, veil));
export const shownCommand = (command: Command): unknown => toJson(masked(commandDescription, command, veil));
export const shownOutcome = (outcome: Outcome): unknown => toJson(masked(outcomeDescription, outcome, veil));
