// The door of the stub authority: one call starts all its servers, one call ends them.
import { openAuthority } from './authority.js';
import type { CommonAuthority, CommonOptions } from './authority-options.js';
import type { HandlesOf, OptionsOf } from './dialect.js';
import * as registry from './registry.js';

export type { Counters } from './authority-options.js';

/** What may be set; everything has a default. Each platform of the registry has its own options under its name: `ios`. */
export interface AuthorityOptions extends CommonOptions, OptionsOf<typeof registry> {}

/** An authority that serves. Under the name of each platform is what only that platform can do: `authority.ios.setDeclarations`. */
export interface RunningAuthority extends CommonAuthority, HandlesOf<typeof registry> {}

/**
 * Starts the stub authority: HTTPS, push service, admin API. Throws PORT_TAKEN, DATA_CORRUPT, DATA_LOCKED, REQUEST_INVALID;
 * nothing is left running then.
 *
 * @example
 * const authority = await startAuthority({ ios: { keySizeBits: 1024 } });
 * const invitation = { authority: 'mine', url: `${authority.url}/enroll/ios?user=user1@contoso.example` };
 * await authority.close();
 */
export function startAuthority(options: AuthorityOptions = {}): Promise<RunningAuthority> {
  return openAuthority(options, registry);
}
