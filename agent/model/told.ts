import { command as commandDescription } from '../../protocol/vocabulary/command.js';
import { masked, type Veil, withoutNamed } from '../../protocol/vocabulary/mask.js';
import { profile as profileDescription } from '../../protocol/vocabulary/profile.js';
import type { Command, Profile } from '../../protocol/vocabulary.js';

const hidden = (value: unknown): unknown => (value instanceof Uint8Array ? new Uint8Array() : '[secret]');
const veil: Veil = { secret: hidden, opaque: (value) => withoutNamed(value, hidden) };

/** A command as it may be told to listeners, reports and people: what its description marks as secret is masked. */
export const toldCommand = (command: Command): Command => masked(commandDescription, command, veil);

/** A profile as it may be told. */
export const toldProfile = (profile: Profile): Profile => masked(profileDescription, profile, veil);
