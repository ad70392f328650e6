import type { OnLifted } from '../../../protocol/plist/refusal.js';
import type { DeviceView } from '../driver.js';

/** What to give a reader of property lists: undefined, so that it refuses what CoreFoundation refuses, unless the user lifted that. */
export function plistLifted(device: DeviceView): OnLifted | undefined {
  if (!device.lenient.has('plist')) return undefined;
  return ({ code, message }) => device.tell({ type: 'lifted', lenient: 'plist', code, message });
}
