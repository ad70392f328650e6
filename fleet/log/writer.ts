import { closeSync, openSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../../base/clock.js';
import { withFile } from '../../base/command-line.js';
import { asError } from '../../base/errors.js';
import type { LogEvent } from './events.js';

/** The name of a run's log in its folder. */
export const logFileName = 'run.ndjson.gz';

/** Where the events of a run are kept: one JSON object in a line, gzip members one after another. */
export interface LogWriter {
  /** Kept by the next flush. Never throws: what the disk has against it is `problem`. */
  write(event: LogEvent): void;
  /** What was written so far lies with the system: a killed process does not lose it. Never rejects. */
  flush(): Promise<void>;
  /** The last flush, durable. Never rejects. */
  close(): Promise<void>;
  /** Why nothing more is written; the file ends with the last flush that went well. */
  readonly problem: Error | undefined;
}

interface LogWriterOptions {
  readonly clock: Clock;
  /** Default: 1000. */
  readonly everyMs?: number;
  /** Told once. */
  readonly onProblem?: (problem: Error) => void;
  /** Instead of the system's: for a disk that takes only some of what it is given. */
  readonly open?: (path: string, flags: 'r+') => Promise<FileHandle>;
}

const compress = promisify(gzip);
/** Lines that wait because the disk does not take them. */
const maxWaitingBytes = 64 * 1024 * 1024;

/**
 * Opens a log, in the place of one that was there. Flushed each second, each time as a gzip member of its own: a run that is killed
 * leaves all but its last second. Throws FILE_UNUSABLE.
 *
 * @example
 * const log = openLog('out/run/run.ndjson.gz', { clock: realClock });
 */
export function openLog(path: string, options: LogWriterOptions): LogWriter {
  withFile(path, () => {
    rmSync(path, { force: true });
    closeSync(openSync(path, 'wx', 0o644));
  });
  return new Writer(path, options);
}

class Writer implements LogWriter {
  #lines: string[] = [];
  #bytes = 0;
  /** The file's length after the last flush that went well. */
  #end = 0;
  #file: FileHandle | undefined;
  #turn: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  #isClosed = false;
  #problem: Error | undefined;

  readonly #path: string;
  readonly #options: LogWriterOptions;

  constructor(path: string, options: LogWriterOptions) {
    this.#path = path;
    this.#options = options;
  }

  get problem(): Error | undefined {
    return this.#problem;
  }

  write(event: LogEvent): void {
    if (this.#isClosed || this.#problem !== undefined) return;
    const line = `${JSON.stringify(withoutPeople(event))}\n`;
    this.#lines.push(line);
    this.#bytes += line.length;
    if (this.#bytes > maxWaitingBytes) this.#give(new Error(`the disk has not taken ${this.#bytes} bytes that wait`));
    else this.#cancel ??= this.#options.clock.after(this.#options.everyMs ?? 1000, () => void this.flush());
  }

  flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#turn = this.#turn.then(() => this.#append()).catch((error) => this.#give(asError(error)));
    return this.#turn;
  }

  async close(): Promise<void> {
    const flushed = this.flush();
    this.#isClosed = true;
    await flushed;
    try {
      if (this.#problem === undefined) await this.#file?.sync();
    } catch (error) {
      this.#give(asError(error));
    }
    await this.#file?.close().catch(() => undefined); // it adds nothing to what was said
    this.#file = undefined;
  }

  async #append(): Promise<void> {
    if (this.#lines.length === 0 || this.#problem !== undefined) return;
    const text = this.#lines.join('');
    this.#lines = [];
    this.#bytes = 0;
    const member = await compress(text);
    this.#file ??= await (this.#options.open ?? open)(this.#path, 'r+');
    try {
      for (let done = 0; done < member.length; ) {
        const { bytesWritten } = await this.#file.write(member, done, member.length - done, this.#end + done);
        if (bytesWritten === 0) throw new Error(`only ${done} of ${member.length} bytes were taken`);
        done += bytesWritten;
      }
    } catch (error) {
      await this.#file.truncate(this.#end).catch(() => undefined); // a reader takes a cut last member, too
      throw error;
    }
    this.#end += member.length;
  }

  #give(problem: Error): void {
    this.#lines = [];
    this.#bytes = 0;
    if (this.#problem !== undefined) return;
    this.#problem = problem;
    this.#options.onProblem?.(problem);
  }
}

/** Who the devices belong to is no part of a log: rows of a users' file have secrets in them, and names of people. */
function withoutPeople(event: LogEvent): LogEvent {
  if (event.type !== 'run' || !('rows' in event.plan.users)) return event;
  return { ...event, plan: { ...event.plan, users: { ...event.plan.users, rows: [] } } };
}
