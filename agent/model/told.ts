import { command as commandDescription } from '../../protocol/vocabulary/command.js';
import { masked, namesAlone, type Veil, withoutNamed } from '../../protocol/vocabulary/mask.js';
import { profile as profileDescription } from '../../protocol/vocabulary/profile.js';
import type { Command, Profile } from '../../protocol/vocabulary.js';

const hidden = (value: unknown): unknown => (value instanceof Uint8Array ? new Uint8Array() : '[secret]');
const veil: Veil = { secret: hidden, opaque: (value) => withoutNamed(value, hidden) };

/** A command as it may be told to listeners, reports and people: what its description marks as secret is masked. */
export function toldCommand(command: Command): Command {
  if (command.kind === 'install-profile') return { kind: command.kind, profile: toldProfile(command.profile) };
  return masked(commandDescription, command, veil);
}

/** A profile as it may be told. Which of a configuration's own settings are secret, nothing says: their names alone are told. */
export function toldProfile(profile: Profile): Profile {
  const shown = masked(profileDescription, profile, veil);
  if (shown.kind !== 'configuration') return shown;
  return { ...shown, settings: namesAlone(shown.settings, hidden) as typeof shown.settings };
}
