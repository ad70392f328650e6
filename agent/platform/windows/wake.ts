// How a Windows device is woken (specs/windows.md §1.12): the server names its PFN, the device has a channel of WNS for it, and a raw
// notification on that channel has it check in. What WNS and a device say to each other is not public: here it is the wake-up port.
import { channelUriOf, isRawNotification, wnsChannelMs } from '../../../protocol/wns.js';
import type { Ports, WakeAsk, WakeJudge } from '../../model/ports.js';
import { ChangingWake } from '../changing-wake.js';
import type { DeviceView } from '../driver.js';
import type { WindowsMemory } from './memory.js';
import type { WindowsData } from './saved.js';

/** A channel is changed for a new one at half of its life. */
const renewAfterMs = wnsChannelMs / 2;

type Channel = NonNullable<WindowsData['channel']>;

/** A new channel for the server of this PFN. */
export const newChannel = (pfn: string, { random, clock }: Pick<Ports, 'random' | 'clock'>): Channel => ({
  pfn,
  token: random.bytes(32),
  since: clock.now(),
});

const addressOf = ({ token }: Channel): string => Buffer.from(token).toString('hex');

/** `Push/ChannelURI`. */
export const channelUri = (channel: Channel): string => channelUriOf(addressOf(channel));

/** When the channel is changed for a new one; undefined where there is none. */
export const channelDueAt = ({ channel }: Pick<WindowsData, 'channel'>): number | undefined =>
  channel === undefined ? undefined : channel.since + renewAfterMs;

/** Changes a channel that is old enough: the session that follows is for the server to ask for the new URI. */
export function renewChannelIfDue(memory: WindowsMemory, ports: Pick<Ports, 'random' | 'clock'>): void {
  const { channel } = memory.data;
  const due = channelDueAt(memory.data);
  if (channel !== undefined && due !== undefined && due <= ports.clock.now())
    memory.change({ channel: newChannel(channel.pfn, ports) });
}

/** What this enrollment asks of the push service: the channel's token in hex is the address. */
export const wakeAskOf = ({ channel }: Pick<WindowsData, 'channel'>): WakeAsk | undefined =>
  channel === undefined ? undefined : { way: 'push-service', address: addressOf(channel) };

/** Any raw notification on the channel: what it says is the server's own business. */
export const isWakeUp: WakeJudge = (_ask, payload) => isRawNotification(payload);

/** The wake-ups of one link. The channel may change under it: by the server's own PFN, and by age. */
export class Wakening {
  readonly #memory: WindowsMemory;
  readonly #wake: ChangingWake;

  constructor(ports: Ports, device: Pick<DeviceView, 'tell'>, memory: WindowsMemory) {
    this.#memory = memory;
    this.#wake = new ChangingWake({ ports, device, ask: () => this.ask, judge: isWakeUp });
  }

  get ask(): WakeAsk | undefined {
    return wakeAskOf(this.#memory.data);
  }

  /** What was queued before a session is answered by it. */
  answered(): void {
    this.#wake.answered();
  }

  /** Asks for the channel's wake-ups where it has changed; `before`: the ask that stood. */
  follow(before: WakeAsk | undefined, signal: AbortSignal): Promise<void> {
    return this.#wake.follow(before, signal);
  }

  /** Yields each wake-up, of whichever channel there is. */
  listen(signal: AbortSignal): AsyncIterable<void> {
    return this.#wake.listen(signal);
  }

  forget(): Promise<void> {
    return this.#wake.forget();
  }
}
