import { Readable } from 'node:stream';
import type { IStore } from 'mqtt';

type Packet = Parameters<IStore['put']>[0];

/** What a broker has sent to devices with QoS 2 and not released yet, by device and packet identifier: few, and not for long. */
export type Unreleased = Map<string, Map<number, Packet>>;

const limits = { packets: 1_000, bytes: 4 * 1024 * 1024 };
const missing = new Error('no such packet');

/**
 * The store of what one device has received with QoS 2 (MQTT 3.1.1 §4.3.3). A device's connections follow each other and have
 * it in common, whatever a CONNACK says of the session: launcher 6.36 keeps it in files, and a broker that says that there was no
 * session may release all the same what it had sent before (docs/push.md).
 */
export class ReceivedStore implements IStore {
  readonly #all: Unreleased;
  readonly #device: string;
  readonly #overflow: (error: Error) => void;

  /** `overflow`: more is unreleased than any broker that keeps to the protocol leaves so. */
  constructor(all: Unreleased, device: string, overflow: (error: Error) => void) {
    this.#all = all;
    this.#device = device;
    this.#overflow = overflow;
  }

  put(packet: Packet, done: Parameters<IStore['put']>[1]): this {
    const { messageId = 0 } = packet;
    const mine = this.#all.get(this.#device) ?? new Map<number, Packet>();
    this.#all.set(this.#device, mine);
    const isNew = !mine.has(messageId);
    mine.set(messageId, packet);
    if (isNew && isTooMuch(mine)) {
      mine.delete(messageId);
      this.#overflow(new Error(`more than ${limits.packets} messages or ${limits.bytes} octets of QoS 2 unreleased`));
    } else done();
    return this;
  }

  get({ messageId = 0 }: Pick<Packet, 'messageId'>, done: Parameters<IStore['get']>[1]): this {
    const packet = this.#all.get(this.#device)?.get(messageId);
    if (packet === undefined) done(missing);
    else done(undefined, packet);
    return this;
  }

  del({ messageId = 0 }: Pick<Packet, 'messageId'>, done: Parameters<IStore['del']>[1]): this {
    const mine = this.#all.get(this.#device);
    mine?.delete(messageId);
    if (mine?.size === 0) this.#all.delete(this.#device);
    done();
    return this;
  }

  createStream(): ReturnType<IStore['createStream']> {
    return Readable.from([]) as unknown as ReturnType<IStore['createStream']>; // of what is sent again; nothing here is
  }

  close(done: Parameters<IStore['close']>[0]): void {
    done();
  }
}

function isTooMuch(packets: ReadonlyMap<number, Packet>): boolean {
  if (packets.size > limits.packets) return true;
  let bytes = 0;
  for (const packet of packets.values())
    if (packet.cmd === 'publish') bytes += packet.topic.length + packet.payload.length;
  return bytes > limits.bytes;
}
