// Profiles and commands as an administrator writes them: tenant files and the admin API. Bytes are base64, unknown keys refused.
import { command } from '../../protocol/vocabulary/command.js';
import { authored } from '../../protocol/vocabulary/derive.js';
import { profile } from '../../protocol/vocabulary/profile.js';

export const authoredProfile = authored(profile);
export const authoredCommand = authored(command);
