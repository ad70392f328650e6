// What a session with nothing to do changes of a device: small enough to be kept beside its packed state, which stays as it is.
import { isJudged, noteJudged } from '../model/judged.js';
import type { DeviceState } from '../model/state.js';

/** Small values of a state that are newer than those in its packed bytes. */
export interface Beside {
  readonly lastCheckInAt?: number;
  /** Of the link's data, by key. */
  readonly link?: Readonly<Record<string, unknown>>;
}

/** Of one value of the link's data. */
const mostParts = 4;
const longestText = 32;

/**
 * What `after` has that the packed state has not, where `before` was read from that and `beside`; undefined where more changed
 * than is kept beside, so that `after` has to be packed. States are replaced, not changed: what is the same object has the same content.
 *
 * @example
 * const newer = besideOf(before, device.state, beside); // { lastCheckInAt: 1764177000000 }
 * if (newer === undefined) packed = packer.pack(device.state);
 */
export function besideOf(before: DeviceState, after: DeviceState, beside: Beside): Beside | undefined {
  const { lastCheckInAt: lastBefore, link: linkBefore } = before;
  const { lastCheckInAt, link: linkAfter } = after;
  if (changedKeys(before, after, ['lastCheckInAt', 'link']).length > 0) return undefined;
  if (lastCheckInAt === undefined && lastBefore !== undefined) return undefined;
  const at = lastCheckInAt === undefined ? {} : { lastCheckInAt };
  if (linkBefore === linkAfter) return { ...beside, ...at };
  if (linkBefore === undefined || linkAfter === undefined) return undefined;
  const { data: dataBefore } = linkBefore;
  const { data: dataAfter } = linkAfter;
  if (changedKeys(linkBefore, linkAfter, ['data']).length > 0 || !isRecord(dataBefore) || !isRecord(dataAfter))
    return undefined;
  const link: Record<string, unknown> = { ...beside.link };
  for (const key of changedKeys(dataBefore, dataAfter)) {
    if (!isSmall(dataBefore[key]) || !isSmall(dataAfter[key])) return undefined;
    link[key] = dataAfter[key];
  }
  return { ...at, link };
}

/**
 * The state that was packed, with what is newer.
 *
 * @example
 * const state = withBeside(packer.unpack(packed), beside);
 */
export function withBeside(state: DeviceState, { lastCheckInAt, link: newer }: Beside): DeviceState {
  const at = lastCheckInAt === undefined ? {} : { lastCheckInAt };
  const { link } = state;
  if (newer === undefined || link === undefined || !isRecord(link.data)) return { ...state, ...at };
  const data = { ...link.data, ...newer };
  if (isJudged(link.data, link.platform)) noteJudged(data, link.platform); // what is newer comes of a link too
  return { ...state, ...at, link: { ...link, data } };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Keys with another value, and those that one of the two has alone; of the others than these. */
function changedKeys<T extends object>(before: T, after: T, others: readonly string[] = []): readonly string[] {
  const changed: string[] = [];
  for (const key in after) if (before[key] !== after[key] && !others.includes(key)) changed.push(key);
  for (const key in before)
    if (before[key] !== undefined && !Object.hasOwn(after, key) && !others.includes(key)) changed.push(key);
  return changed;
}

/** A number, a yes or no, a short text, or a few of them; what is not there is none. */
function isSmall(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return true;
  if (typeof value === 'string') return value.length <= longestText;
  if (!isRecord(value)) return false;
  const parts = Object.values(value);
  return parts.length <= mostParts && parts.every((part) => typeof part !== 'object' && isSmall(part));
}
