/**
 * Follows the control packets in one direction of a connection by their fixed headers (MQTT 3.1.1 §2.2), without holding them: so
 * that one that is too large is known before it has come.
 *
 * @example
 * const frames = new MqttFrames(256 * 1024);
 * if (!frames.take(chunk)) socket.destroy();
 */
export class MqttFrames {
  readonly #maxBytes: number;
  readonly #whole: ((packet: Buffer) => void) | undefined;
  #part: 'type' | 'length' | 'body' = 'type';
  /** Of the present packet: octets of its remaining length that were read, the length itself, and what has not come yet. */
  #digits = 0;
  #length = 0;
  #left = 0;
  #pieces: Uint8Array[] | undefined;
  /** Packets that have come whole. */
  packets = 0;

  /** `maxBytes`: of a packet without its fixed header. `whole`: is given each packet, which is held for that until it is complete. */
  constructor(maxBytes: number, whole?: (packet: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#whole = whole;
  }

  /** False once a packet is larger than it may be, or its length is none: nothing after it can be read. */
  take(chunk: Uint8Array): boolean {
    let from = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.#part === 'body') {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
      } else if (!this.#header(chunk[at++] ?? 0)) return false;
      if (this.#part === 'body' && this.#left === 0) {
        this.#ended(chunk.subarray(from, at));
        from = at;
      }
    }
    if (this.#whole !== undefined && from < chunk.length) this.#hold(chunk.subarray(from));
    return true;
  }

  #header(octet: number): boolean {
    if (this.#part === 'type') {
      this.#part = 'length';
      return true;
    }
    this.#length += (octet & 0x7f) * 128 ** this.#digits++;
    if ((octet & 0x80) !== 0) return this.#digits < 4;
    this.#part = 'body';
    this.#left = this.#length;
    return this.#length <= this.#maxBytes;
  }

  #ended(last: Uint8Array): void {
    this.packets++;
    this.#part = 'type';
    this.#digits = 0;
    this.#length = 0;
    if (this.#whole === undefined) return;
    const pieces = this.#pieces ?? [];
    this.#pieces = undefined;
    this.#whole(Buffer.concat([...pieces, last]));
  }

  #hold(piece: Uint8Array): void {
    this.#pieces ??= [];
    this.#pieces.push(Uint8Array.from(piece));
  }
}
