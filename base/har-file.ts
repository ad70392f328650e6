// A HAR file that is whole JSON after each entry, whatever ends the process: an entry is written over the closing brackets, with
// new ones behind it, in one write.
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { commandLineError, withFile } from './command-line.js';
import { tryLockFile } from './folder-lock.js';

const head =
  '{"log":{"version":"1.2","creator":{"name":"rollcall","version":"1"},"comment":"secrets are masked; bodies are as people read them","entries":[\n';
const tail = '\n]}}\n';

/** An open HAR file. */
export class HarFile {
  readonly #file: number;
  readonly #path: string;
  /** Where the closing brackets stand. */
  #end: number;
  #isEmpty: boolean;

  /** Begins the file, or goes on with one that was begun here. Throws FILE_UNUSABLE, also where something else stands in it or another has it. */
  constructor(path: string) {
    this.#path = path;
    this.#file = withFile(path, () => openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600));
    try {
      const stat = fstatSync(this.#file);
      if (!stat.isFile()) throw this.#unusable('a HAR file must be a file of its own');
      if (!tryLockFile(this.#file, path)) throw this.#unusable('another command writes its trace there');
      if (stat.size === 0) withFile(path, () => this.#write(head + tail, 0));
      else this.#requireOurs(stat.size);
      this.#end = (stat.size === 0 ? Buffer.byteLength(head + tail) : stat.size) - tail.length;
      this.#isEmpty = this.#end === Buffer.byteLength(head);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** Adds one entry. Throws what the system has against it; the file is what it was then. */
  add(entry: Readonly<Record<string, unknown>>): void {
    const text = `${this.#isEmpty ? '' : ',\n'}${JSON.stringify(entry)}`;
    try {
      this.#write(text + tail, this.#end);
    } catch (error) {
      this.#write(tail, this.#end); // it stood there before: there is room for it
      ftruncateSync(this.#file, this.#end + tail.length);
      throw error;
    }
    this.#end += Buffer.byteLength(text);
    this.#isEmpty = false;
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(text: string, at: number): void {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#file, bytes, done, bytes.length - done, at + done);
  }

  #requireOurs(size: number): void {
    const start = Buffer.alloc(Math.min(size, Buffer.byteLength(head)));
    const end = Buffer.alloc(Math.min(size, tail.length));
    readSync(this.#file, start, 0, start.length, 0);
    readSync(this.#file, end, 0, end.length, size - end.length);
    if (start.toString() !== head || end.toString() !== tail) throw this.#unusable('holds something else than a trace');
  }

  #unusable(why: string) {
    return commandLineError('FILE_UNUSABLE', `${this.#path}: ${why}`, {
      hint: 'Choose a new file.',
      details: { path: this.#path },
    });
  }
}
