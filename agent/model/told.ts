import { withoutSecrets } from '../../base/redact.js';
import { command as commandDescription } from '../../protocol/vocabulary/command.js';
import { masked, type Veil } from '../../protocol/vocabulary/mask.js';
import { profile as profileDescription } from '../../protocol/vocabulary/profile.js';
import type { Command, Profile } from '../../protocol/vocabulary.js';

const veil: Veil = {
  secret: (value) => (value instanceof Uint8Array ? new Uint8Array() : '[secret]'),
  opaque: (value) => withoutSecrets({ value })['value'],
};

/** A command as it may be told to listeners, reports and people: what its description marks as secret is masked. */
export const toldCommand = (command: Command): Command => masked(commandDescription, command, veil);

/** A profile as it may be told. */
export const toldProfile = (profile: Profile): Profile => masked(profileDescription, profile, veil);
