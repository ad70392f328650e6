// How much a device keeps. A phone's own bound is its storage; this one is far above what any authority gives a device, and
// keeps one authority from filling the memory of the process that runs the others' devices too.
import type { DeviceState } from '../../model/state.js';
import { mostKeptBytes, weightOf } from '../weight.js';
import type { IosData } from './saved.js';

const mostApps = 10_000;
const mostProfiles = 1_000;
const mostProvisioning = 1_000;

/** Why nothing more can be put on the device; undefined where there is room. */
export function whyFull(
  state: DeviceState,
  { profiles, apps, provisioning, ddm, settings }: IosData,
): string | undefined {
  if (profiles.length >= mostProfiles) return `The device has ${mostProfiles} profiles.`;
  if (Math.max(apps?.length ?? 0, state.apps.length) >= mostApps) return `The device has ${mostApps} apps.`;
  if ((provisioning?.length ?? 0) >= mostProvisioning)
    return `The device has ${mostProvisioning} provisioning profiles.`;
  const parts = [state.holdings, state.apps, profiles, apps, provisioning, ddm?.declarations, settings];
  const bytes = parts.reduce((sum: number, part) => sum + weightOf(part), 0);
  return bytes >= mostKeptBytes ? `The device keeps ${bytes} bytes, and has no room for more.` : undefined;
}
