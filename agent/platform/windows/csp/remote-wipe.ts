import { productOf } from '../products.js';
import type { CspModule } from './module.js';
import { schemaPath } from './path.js';

const base = './Device/Vendor/MSFT/RemoteWipe/AutomaticRedeployment';

/** By Windows Update rather than from what is on the disk: begun later, so 202 (specs/windows.md §1.10; which ones are, is our rule). */
const fromTheCloud = /^doWipeCloud/i;

/** So much battery is needed (convention; Learn names no figure). */
const leastPercent = 30;

/**
 * RemoteWipe: the device is erased after the session, whichever of the nodes it was (specs/windows.md §1.12, §2.0). Automatic
 * redeployment is a wipe of its own kind: `how` tells it from the others.
 */
export const remoteWipeModule: CspModule = {
  roots: ['./Device/Vendor/MSFT/RemoteWipe'],
  async exec(node, _item, { device, tree, effect }) {
    const path = schemaPath(node, 'RemoteWipe');
    const how = path.split('/').at(-1) ?? path;
    if (path.startsWith('AutomaticRedeployment/')) {
      const { facts, condition } = device.state;
      if ((productOf(facts.model)?.isPortable ?? true) && condition.batteryPercent < leastPercent) {
        tree.set(`${base}/Status`, '40'); // the requirements for power are not met
        return { status: 500, reason: `the battery is at ${condition.batteryPercent} percent` };
      }
      tree.set(`${base}/Status`, '10'); // it is scheduled
    }
    effect({ kind: 'wipe', how });
    return { status: path.startsWith('AutomaticRedeployment/') || fromTheCloud.test(how) ? 202 : 200 };
  },
};
