// Who manages the device (A6): OMA-DM has no word for it. By convention it is the portal that DMClient's HelpWebsite names; the
// provisioning document says it first, and the session in which the device has moved says it anew, before anything else.
import { portalAddress } from '../../protocol/managing-authority.js';
import type { DeviceRecord } from '../core/types.js';
import { providerId } from './context.js';
import { memoryOf } from './memory.js';
import { replace, type Step, simply } from './steps.js';

const node = `./Device/Vendor/MSFT/DMClient/Provider/${providerId}/HelpWebsite`;

/** Whether the device was last told of another authority, or of none. */
export const isUntold = ({ dialect, managedBy }: DeviceRecord): boolean => dialect['toldAuthority'] !== managedBy;

/** A device that refuses the node was told all the same: it is not asked in each session. */
export function authorityStep(device: DeviceRecord): Step {
  const { managedBy } = device;
  return simply([replace(node, portalAddress(memoryOf(device).origin ?? '', managedBy))], {
    accepted: () => true,
    remember: () => ({ toldAuthority: managedBy }),
  });
}
