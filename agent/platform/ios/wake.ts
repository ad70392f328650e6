import type { WakeAsk, WakeJudge } from '../../model/ports.js';
import type { IosData } from './saved.js';

/** What this enrollment asks of the push service: its token in hex is the address, its PushMagic wakes it. */
export function wakeAskOf({ pushToken, pushMagic }: Pick<IosData, 'pushToken' | 'pushMagic'>): WakeAsk {
  return { way: 'push-service', address: Buffer.from(pushToken).toString('hex'), data: { magic: pushMagic } };
}

/** A notification with another PushMagic is ignored (specs/apple.md §1.10). */
export const isWakeUp: WakeJudge = ({ data }, payload) => {
  const magic = data?.['magic'];
  return magic !== undefined && magicOf(payload) === magic;
};

const maxPayload = 4096; // APNs: the most that a notification may carry

/** The PushMagic of a notification `{"mdm":"..."}`; undefined for anything else. */
function magicOf(payload: string): string | undefined {
  if (payload.length > maxPayload) return undefined;
  try {
    const value: unknown = JSON.parse(payload);
    if (typeof value !== 'object' || value === null || !('mdm' in value)) return undefined;
    return typeof value.mdm === 'string' ? value.mdm : undefined;
  } catch {
    return undefined;
  }
}
