// What is downloaded, as it comes: its size and digest, its beginning, and the whole of it where it is small.
import { createHash } from 'node:crypto';

/** As much of the beginning as is looked at to see what a file is. */
const startBytes = 4096;

/** What is known of content that came. */
export interface Received {
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** The first 4096 octets. */
  readonly start: Buffer;
  /** All of it, where it is no more than was to be held. */
  readonly content: Buffer | undefined;
}

/** Takes content piece by piece and holds no more than `most` octets of it, or its beginning. */
export class Receiver {
  readonly #most: number;
  readonly #hash = createHash('sha256');
  #held: Buffer[] = [];
  #heldBytes = 0;
  #size = 0;

  constructor(most: number) {
    this.#most = Math.max(most, startBytes);
  }

  readonly take = (chunk: Uint8Array): void => {
    this.#hash.update(chunk);
    this.#size += chunk.length;
    if (this.#size <= this.#most) this.#hold(chunk);
    else if (this.#heldBytes < startBytes) this.#hold(chunk.subarray(0, startBytes - this.#heldBytes));
    else if (this.#heldBytes > startBytes) this.#letGo();
  };

  /** Once all has come. */
  end(): Received {
    const held = Buffer.concat(this.#held);
    const isWhole = this.#size <= this.#most;
    const start = Buffer.from(held.subarray(0, startBytes)); // of its own: what it is cut from is let go
    return { size: this.#size, sha256: this.#hash.digest('hex'), start, content: isWhole ? held : undefined };
  }

  #hold(chunk: Uint8Array): void {
    this.#held.push(Buffer.from(chunk)); // whoever gave it may use its memory again
    this.#heldBytes += chunk.length;
  }

  /** It is more than is held: the beginning alone stays. */
  #letGo(): void {
    this.#held = [Buffer.from(Buffer.concat(this.#held).subarray(0, startBytes))];
    this.#heldBytes = startBytes;
  }
}

/** The same of content that is there already. */
export function receivedOf(bytes: Uint8Array): Received {
  const receiver = new Receiver(bytes.length);
  receiver.take(bytes);
  return receiver.end();
}
