import type { DeviceFacts, DeviceState } from '../../model/state.js';
import { type Copying, withRead } from '../copying.js';
import type { DeviceView } from '../driver.js';
import { configurationOf } from './apply/configuration.js';
import { identityOf } from './apply/identity.js';
import { keptSources } from './apply/restrictions.js';
import { mannersOf } from './manners.js';
import { hashesOf } from './profiles/apply.js';
import { readAndroidData } from './saved.js';

/** What the SIM says; hashes of what its configuration says. */
export const copying: Copying = {
  told(facts: DeviceFacts) {
    const { imsi = '', iccid = '' } = identityOf(facts);
    return [imsi, iccid];
  },
  sent: (data) => readAndroidData(data).configuration,
  settled(state: DeviceState): DeviceState {
    const { link } = state;
    if (link === undefined) return state;
    const data = readAndroidData(link.data);
    const context = { device: viewOf(state), manners: mannersOf(state.facts), memory: { data } };
    const configuration = configurationOf(context);
    if (configuration === undefined) return state;
    const { items = {} } = data;
    const { profilesHash, hashes } = hashesOf(keptSources(context, configuration));
    const settled = Object.entries(items).map(([carrier, item]) => {
      const hash = hashes.get(carrier);
      return [carrier, hash === undefined ? item : { ...item, hash }] as const;
    });
    return withRead(state, () => readAndroidData({ ...data, profilesHash, items: Object.fromEntries(settled) }));
  },
};

/** Nobody is told of anything. */
const viewOf = (state: DeviceState): DeviceView => ({ state, lenient: new Set(), tell: () => undefined });
