// How a Windows device is woken (specs/windows.md §1.12): the server names its PFN, the device has a channel of WNS for it, and a raw
// notification on that channel has it check in. What WNS and a device say to each other is not public: here it is the wake-up port.
import { onAbort } from '../../../base/abort.js';
import { isRollcallError } from '../../../base/errors.js';
import { channelUriOf, isRawNotification, wnsChannelMs } from '../../../protocol/wns.js';
import type { Ports, WakeAsk, WakeJudge } from '../../model/ports.js';
import type { DeviceView } from '../driver.js';
import { troubleOf } from '../trouble.js';
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

/** The wake-ups of one link. The channel may change under it: by the server's PFN, and by age. */
export class Wakening {
  readonly #ports: Ports;
  readonly #device: Pick<DeviceView, 'tell'>;
  readonly #memory: WindowsMemory;
  /** The address that this link has asked for. */
  #asked: string | undefined;
  #changed: (() => void) | undefined;

  constructor(ports: Ports, device: Pick<DeviceView, 'tell'>, memory: WindowsMemory) {
    this.#ports = ports;
    this.#device = device;
    this.#memory = memory;
  }

  get ask(): WakeAsk | undefined {
    return wakeAskOf(this.#memory.data);
  }

  /** What was queued before a session is answered by it. */
  answered(): void {
    const { ask } = this;
    if (ask !== undefined) this.#ports.wake?.answered(ask);
  }

  /** Asks for the channel's wake-ups where it has changed; `before`: the ask that stood. */
  async follow(before: WakeAsk | undefined, signal: AbortSignal): Promise<void> {
    const { ask } = this;
    if (ask?.address === before?.address) return;
    if (before !== undefined) await this.#withdraw(before);
    if (ask !== undefined && !signal.aborted) await this.#begin(ask, signal); // else when it is listened for
    this.#changed?.();
  }

  /** Yields each wake-up, of whichever channel there is. */
  async *listen(signal: AbortSignal): AsyncIterable<void> {
    while (!signal.aborted) {
      const own = new AbortController();
      const forget = onAbort(signal, () => own.abort(signal.reason));
      this.#changed = () => own.abort(new Error('another channel'));
      try {
        yield* this.#listenOnce(own.signal);
      } finally {
        forget();
      }
    }
  }

  async *#listenOnce(signal: AbortSignal): AsyncIterable<void> {
    const { ask } = this;
    const { wake } = this.#ports;
    if (wake === undefined || ask === undefined) {
      await new Promise<void>((resolve) => onAbort(signal, resolve));
      return;
    }
    if (this.#asked !== ask.address) await this.#begin(ask, signal);
    for await (const _ of wake.listen(ask, isWakeUp, signal)) yield;
  }

  async forget(): Promise<void> {
    const { ask } = this;
    if (ask !== undefined) await this.#withdraw(ask);
  }

  /** Told where it cannot be: the way goes on trying, and wakes the device when it can. */
  async #begin(ask: WakeAsk, signal: AbortSignal): Promise<void> {
    this.#asked = ask.address;
    try {
      await this.#ports.wake?.ask(ask, isWakeUp, signal);
    } catch (error) {
      if (!isRollcallError(error, 'PUSH_LOST')) throw error;
      this.#device.tell(troubleOf(error, 'push'));
    }
  }

  async #withdraw(ask: WakeAsk): Promise<void> {
    try {
      await this.#ports.wake?.withdraw(ask);
    } catch (error) {
      this.#ports.log.debug('PUSH_LOST', { during: 'withdraw', problem: String(error) });
    }
  }
}
