// How much a device keeps. A phone's own bound is its storage; this one is far above what any authority gives a device, and
// keeps one authority from filling the memory of the process that runs the others' devices too.
import type { DeviceState } from '../../model/state.js';
import type { IosData } from './saved.js';

/** Bytes of what an authority has put on one device, about as they are stored. */
export const mostKeptBytes = 64 * 1024 * 1024;
const mostApps = 10_000;
const mostProfiles = 1_000;
const mostProvisioning = 1_000;

/** What lies in a device is never changed in place: what was weighed once is not weighed again. */
const weighed = new WeakMap<object, number>();

/** Bytes of a value as it is stored, roughly: texts and bytes by their length, and some for each value. */
export function weightOf(value: unknown): number {
  if (typeof value === 'string') return 8 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (value instanceof Uint8Array) return 8 + value.length;
  const before = weighed.get(value);
  if (before !== undefined) return before;
  let weight = 8;
  if (Array.isArray(value)) for (const item of value) weight += weightOf(item);
  else for (const [key, item] of Object.entries(value)) weight += key.length + weightOf(item);
  weighed.set(value, weight);
  return weight;
}

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
