// MQTT 3.1.1 packets as octets: where one ends, and the two that we write ourselves.

/** Of MQTT 3.1.1 §2.2.1. */
export const packetTypes = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

/** The second half of the first octet, which only a PUBLISH may choose (§2.2.2). */
const fixedFlags: Readonly<Record<number, number>> = { 6: 2, 8: 2, 10: 2 };
/** What a server sends and a client never does, and what is reserved. */
const notFromClients: readonly number[] = [0, 2, 9, 11, 13, 15];

export interface FixedHeader {
  readonly type: number;
  readonly flags: number;
  /** Octets after the header. */
  readonly remaining: number;
}

/** Reads fixed headers from octets that come in pieces of any size, and knows where each packet ends. */
export class FrameReader {
  #first: number | undefined;
  #length = 0;
  #lengthOctets = 0;
  #left = 0;

  /**
   * Walks over a piece. `header` is asked for each packet as soon as its length is known, `ended` is called where it is complete; either
   * may stop the walk by answering a reason, which is then what `read` returns.
   */
  read(
    piece: Uint8Array,
    header: (header: FixedHeader) => string | undefined,
    ended: (end: number) => void,
  ): string | undefined {
    for (let at = 0; at < piece.length; ) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, piece.length - at);
        this.#left -= taken;
        at += taken;
        if (this.#left === 0) ended(at);
        continue;
      }
      const octet = piece[at++] ?? 0;
      if (this.#first === undefined) {
        this.#first = octet;
        continue;
      }
      const isLast = octet < 0x80;
      this.#length += (octet & 0x7f) * 128 ** this.#lengthOctets++;
      if (!isLast && this.#lengthOctets === 4) return 'the remaining length has more than four octets';
      if (!isLast) continue;
      const reason = this.#begin(this.#first, header);
      if (reason !== undefined) return reason;
      if (this.#left === 0) ended(at);
    }
    return undefined;
  }

  #begin(first: number, header: (header: FixedHeader) => string | undefined): string | undefined {
    const reason = header({ type: first >> 4, flags: first & 0x0f, remaining: this.#length });
    this.#left = this.#length;
    this.#first = undefined;
    this.#length = 0;
    this.#lengthOctets = 0;
    return reason;
  }
}

/** Why no client may send a packet with this header; undefined where one may. */
export function judgeHeader({ type, flags }: FixedHeader): string | undefined {
  if (notFromClients.includes(type)) return `no client sends a packet of type ${type}`;
  if (type === packetTypes.publish) return (flags & 0x06) === 0x06 ? 'a PUBLISH of QoS 3' : undefined;
  return flags === (fixedFlags[type] ?? 0) ? undefined : `flags ${flags} in a packet of type ${type}`;
}

/** What a PUBLISH carries. */
interface PublishContent {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
}

/** §3.3; `packetId` and `isAgain` mean nothing at QoS 0. */
export function encodePublish({ topic, payload, qos }: PublishContent, packetId: number, isAgain = false): Buffer {
  const name = Buffer.from(topic, 'utf8');
  const remaining = 2 + name.length + (qos === 0 ? 0 : 2) + payload.length;
  const length = encodeLength(remaining);
  const packet = Buffer.allocUnsafe(1 + length.length + remaining);
  packet[0] = (packetTypes.publish << 4) | (isAgain && qos > 0 ? 0x08 : 0) | (qos << 1);
  let at = 1;
  for (const octet of length) packet[at++] = octet;
  at = packet.writeUInt16BE(name.length, at);
  at += name.copy(packet, at);
  if (qos > 0) at = packet.writeUInt16BE(packetId, at);
  payload.copy(packet, at);
  return packet;
}

/** §3.6 */
export const encodePubrel = (packetId: number): Buffer => Buffer.from([0x62, 2, packetId >> 8, packetId & 0xff]);

/** §2.2.3 */
function encodeLength(remaining: number): readonly number[] {
  const octets: number[] = [];
  let left = remaining;
  do {
    const rest = left % 128;
    left = Math.floor(left / 128);
    octets.push(left > 0 ? rest | 0x80 : rest);
  } while (left > 0);
  return octets;
}
