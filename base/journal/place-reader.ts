import { readBytes } from './file-reader.js';
import type { Place } from './record-index.js';

const windowBytes = 256 * 1024;
/** So near behind the last one, a record is taken for the next of many. */
const nearBytes = 16 * 1024;

/** Reads records wherever they lie, and in few calls where they are asked for in the order in which they lie. */
export class PlaceReader {
  readonly #file: number;
  #window: Buffer = Buffer.alloc(0);
  #from = 0;
  #next = 0;

  constructor(file: number) {
    this.#file = file;
  }

  /** The bytes there, which hold until the next call. Nothing before `end` may change any more. */
  read({ offset, length }: Place, end: number): Buffer {
    const isNear = offset >= this.#next && offset - this.#next < nearBytes;
    this.#next = offset + length;
    if (offset < this.#from || this.#next > this.#from + this.#window.length) {
      if (!isNear) return readBytes(this.#file, offset, length);
      this.#window = readBytes(this.#file, offset, Math.max(length, Math.min(windowBytes, end - offset)));
      this.#from = offset;
    }
    return this.#window.subarray(offset - this.#from, this.#next - this.#from);
  }
}
