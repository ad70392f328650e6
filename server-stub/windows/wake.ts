// The stub as a sender of pushes: what WNS would be asked to deliver goes to our own push service at once (specs/windows.md §1.12).
import { randomUUID } from 'node:crypto';
import { encodeRawNotification, tokenOfChannelUri } from '../../protocol/wns.js';
import type { Woken } from '../core/push-types.js';
import type { DeviceRecord } from '../core/types.js';
import { keepMs } from '../push/service.js';
import { providerId, type WindowsContext } from './context.js';
import { memoryOf } from './memory.js';
import { failureIn, get, replace, type Step } from './steps.js';

/** Package Family Name of the app that a server pushes as; Push/PFN. */
export const packageFamilyName = 'Rollcall.Management_8wekyb3d8bbwe';

const push = `./Device/Vendor/MSFT/DMClient/Provider/${providerId}/Push`;
const hourMs = 3_600_000;
/** A device changes its channel at an age of 15 days, in a session: so often it is asked which one it has. */
const askAgainMs = 24 * hourMs;

/** Whether the device is to be asked for its channel in this session. */
export const isChannelUnknown = (device: DeviceRecord, now: number): boolean =>
  now - (memoryOf(device).channelAskedAt ?? Number.NEGATIVE_INFINITY) >= askAgainMs;

/** Names the PFN and asks for the channel. A device without one is asked again another day: it comes when it polls. */
export const channelStep = (now: number): Step => ({
  drafts: [replace(`${push}/PFN`, packageFamilyName), get(`${push}/ChannelURI`)],
  judge(answers) {
    const uri = answers.results.get(`${push}/ChannelURI`.toLowerCase());
    const token = uri === undefined ? undefined : tokenOfChannelUri(uri);
    const isWithout = token === undefined || failureIn(answers) !== undefined;
    return {
      outcome: { status: 'done' },
      remember: () => ({ channelAskedAt: now, ...(isWithout ? {} : { channelToken: token }) }),
    };
  },
});

/** A channel that the device told, or that it told before a restart. `former`: what it had before. */
export function expectChannel(
  device: DeviceRecord,
  { push: service }: Pick<WindowsContext, 'push'>,
  former?: string,
): void {
  const { channelToken } = memoryOf(device);
  if (former !== undefined && former !== channelToken) service.withdraw(former);
  if (channelToken !== undefined) service.expect(channelToken, packageFamilyName);
}

/** Sends the notification that makes a device check in; nothing to one that has told no channel yet. */
export function wake(device: DeviceRecord, { push: service, clock }: Pick<WindowsContext, 'push' | 'clock'>): Woken {
  const { channelToken: token } = memoryOf(device);
  if (token === undefined) return { result: 'refused', reason: 'It has told no channel.' };
  const sent = service.push({
    token,
    id: randomUUID().toUpperCase(),
    payload: encodeRawNotification(Buffer.from('check in')),
    topic: packageFamilyName,
    expiresAt: clock.now() + keepMs,
  });
  return sent.ok ? { result: 'sent' } : { result: 'refused', reason: sent.reason };
}

export function forgetChannel(device: DeviceRecord, { push: service }: Pick<WindowsContext, 'push'>): void {
  const { channelToken } = memoryOf(device);
  if (channelToken !== undefined) service.withdraw(channelToken);
}
