// What the server has written of itself below ./Device/Vendor/MSFT/DMClient/Provider/<its id>, as sessions and schedules read it.
import { authorityOfPortal } from '../../../protocol/managing-authority.js';
import { encodeSegment } from '../../../protocol/syncml/loc-uri.js';
import type { Authority } from '../../../protocol/vocabulary.js';
import type { WindowsData } from './saved.js';

/**
 * The value that was written to this leaf of the provider's node, such as `Poll/PollOnLogin`; undefined where none was.
 * Pure: sleeping devices are asked when they act next.
 */
export function providerValue(
  { tree, account }: Pick<WindowsData, 'tree' | 'account'>,
  leaf: string,
): string | undefined {
  const id = encodeSegment(account.providerId);
  return tree[`./device/vendor/msft/dmclient/provider/${id}/${leaf}`.toLowerCase()]?.value;
}

/** Who manages the device, by the address of its help (by convention: managing-authority.ts). */
export const managedByOf = (data: Pick<WindowsData, 'tree' | 'account'>): Authority | undefined =>
  authorityOfPortal(providerValue(data, 'HelpWebsite'));

/** A leaf that holds `true` or `1`. */
export const isSet = (data: Pick<WindowsData, 'tree' | 'account'>, leaf: string): boolean =>
  ['true', '1'].includes(providerValue(data, leaf)?.toLowerCase() ?? '');

/** A leaf that holds a whole number of at least 0; undefined for anything else. */
export function countAt(data: Pick<WindowsData, 'tree' | 'account'>, leaf: string): number | undefined {
  const text = providerValue(data, leaf)?.trim();
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** SyncApplicationVersion, such as 4 of `4.0`; 1 where the server asked for none. */
export function syncVersion(data: Pick<WindowsData, 'tree' | 'account'>): number {
  const version = Number.parseFloat(providerValue(data, 'SyncApplicationVersion') ?? '1.0');
  return Number.isFinite(version) ? version : 1;
}
