// How a Windows device is woken (specs/windows.md §1.12, WNS): its server names a package family, the device asks WNS for a channel
// and shows its URI, the server posts there. Here the channel's token is the device's own, at the push service of docs/push.md.
import { isRawNotification, wnsChannelMs } from '../../../protocol/wns.js';
import type { Ports, WakeAsk, WakeJudge } from '../../model/ports.js';
import type { WindowsMemory } from './memory.js';
import type { WindowsData } from './saved.js';

/** What this enrollment asks of the push service; undefined while it has no channel. */
export function wakeAskOf({ push }: Pick<WindowsData, 'push'>): WakeAsk | undefined {
  return push === undefined ? undefined : { way: 'push-service', address: push.token };
}

/** Whatever is posted to the channel: a device looks at nothing in it. */
export const isWakeUp: WakeJudge = (_ask, payload) => isRawNotification(payload);

/** `Contoso.MDM_8wekyb3d8bbwe`: a name, and thirteen characters that stand for its publisher. */
const familyName = /^[A-Za-z0-9.-]{3,50}_[a-z0-9]{13}$/;

/** Bytes of a token, as the push service has them. */
const tokenBytes = 32;

/**
 * The server has written this PFN, or taken it away. A new one has a new channel; one that is no package family name has none
 * (Push/Status 1), and nobody has one where nothing can wake the device.
 */
export function followFamilyName(pfn: string | undefined, memory: WindowsMemory, ports: Ports): void {
  if (pfn !== undefined && pfn === memory.data.push?.pfn) return;
  if (pfn === undefined || !familyName.test(pfn) || ports.wake === undefined) memory.forget('push');
  else memory.change({ push: newChannel(pfn, ports) });
}

/** Values of DMClient/Provider/{ID}/Push/Status. */
export const pushStatus = (pfn: string, { push }: Pick<WindowsData, 'push'>): string =>
  push !== undefined ? '0' : familyName.test(pfn) ? '4' : '1'; // 4: no channel URI; 1: not a PFN

/** A channel lives for 30 days; at half of it the device has a new one, and tells it in a session. */
export function renewsChannelAt({ push }: Pick<WindowsData, 'push'>): number | undefined {
  return push === undefined ? undefined : push.since + wnsChannelMs / 2;
}

/** A new channel where it is time for one. */
export function renewChannelIfDue(memory: WindowsMemory, ports: Ports): void {
  const { push } = memory.data;
  if (push !== undefined && (renewsChannelAt(memory.data) ?? 0) <= ports.clock.now())
    memory.change({ push: newChannel(push.pfn, ports) });
}

const newChannel = (pfn: string, { random, clock }: Ports): NonNullable<WindowsData['push']> => ({
  pfn,
  token: random.bytes(tokenBytes).toString('hex'),
  since: clock.now(),
});
