// What a document says that the device is to hold: each setting by its carrier, judged, before anything is installed.
import { readAccounts } from './accounts.js';
import { readAuthorities } from './authorities.js';
import { readClients } from './clients.js';
import { readConfigurations } from './configurations.js';
import { Draft } from './draft.js';
import { readNetworks } from './networks.js';
import type { ProfileSources } from './sources.js';
import { readTunnels } from './tunnels.js';

/** In the order in which one needs the other: authorities, client certificates, then all that names them. */
export function planOf(sources: ProfileSources): Pick<Draft, 'planned' | 'findings'> {
  const draft = new Draft(sources);
  readAuthorities(draft);
  readClients(draft);
  readNetworks(draft);
  readAccounts(draft);
  readTunnels(draft);
  readConfigurations(draft);
  return draft;
}
