import { fstatSync, readSync } from 'node:fs';

const windowBytes = 1024 * 1024;

/** Reads a file that does not change meanwhile, from its beginning on, in few calls. */
export class FileReader {
  /** The length of the file. */
  readonly end: number;
  readonly #file: number;
  #window: Buffer = Buffer.alloc(0);
  #from = 0;

  constructor(file: number, end = fstatSync(file).size) {
    this.#file = file;
    this.end = end;
  }

  /** These bytes, or what there is of them before the file ends. They hold until the next call. */
  bytes(from: number, length: number): Buffer {
    const to = Math.min(from + length, this.end);
    if (from < this.#from || to > this.#from + this.#window.length) this.#read(from, to);
    return this.#window.subarray(from - this.#from, Math.max(from, to) - this.#from);
  }

  #read(from: number, to: number): void {
    const length = Math.min(Math.max(to - from, windowBytes), Math.max(this.end - from, 0));
    this.#window = readBytes(this.#file, from, length);
    this.#from = from;
  }
}

/** Exactly these bytes, in memory of their own. Throws where the file ends before. */
export function readBytes(file: number, from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length; ) {
    const read = readSync(file, bytes, done, length - done, from + done);
    if (read === 0) throw new Error(`the file ends before byte ${from + length}`);
    done += read;
  }
  return bytes;
}
