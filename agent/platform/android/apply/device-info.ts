import type { DeviceInfo } from '../../../../protocol/headwind/types.js';
import type { AndroidContext } from '../context.js';

/** What the device says of itself (POST sync/info), as launcher 6.36 makes it; what the launcher sends as null is left out. */
export function deviceInfoOf({ memory }: AndroidContext): DeviceInfo {
  return { deviceId: memory.data.number };
}
