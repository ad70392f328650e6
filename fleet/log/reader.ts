import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { withFile } from '../../base/command-line.js';
import { asError, isCode, isSystemError } from '../../base/errors.js';
import { fleetError } from '../errors.js';
import type { LogEvent } from './events.js';
import { EventJudge } from './judge.js';
import { logFileName } from './writer.js';

export interface LogBounds {
  /** One line. */
  readonly maxLineBytes: number;
  /** The whole log, as text. */
  readonly maxBytes: number;
}
const defaultBounds: LogBounds = { maxLineBytes: 64 * 1024 * 1024, maxBytes: 64 * 1024 * 1024 * 1024 };

/**
 * The events of a log, one at a time. A log that breaks off, as that of a run that was killed does, ends with its last whole line.
 * Throws FILE_UNUSABLE; LOG_INVALID for what is no log of a run, is damaged, or exceeds the bounds.
 *
 * @param path a log, packed as it was written or as plain lines, or the folder of a run
 * @example
 * for await (const event of readLog('out/run')) console.log(event.type);
 */
export async function* readLog(path: string, bounds: LogBounds = defaultBounds): AsyncGenerator<LogEvent> {
  const file = withFile(path, () => (statSync(path).isDirectory() ? join(path, logFileName) : path));
  withFile(file, () => statSync(file));
  const judge = new EventJudge(file);
  let count = 0;
  for await (const line of linesOf(file, bounds)) {
    count++;
    yield judge.read(line, count);
  }
  if (count === 0) throw fleetError('LOG_INVALID', `${file} holds no event of a run`);
}

async function* linesOf(file: string, { maxLineBytes, maxBytes }: LogBounds): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let waiting = 0;
  let total = 0;
  for await (const chunk of unpacked(file)) {
    total += chunk.length;
    if (total > maxBytes) throw fleetError('LOG_INVALID', `${file} holds more than ${maxBytes} bytes`);
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, at)]);
      rest = [];
      waiting = 0;
      from = at + 1;
      yield line.toString('utf8');
    }
    waiting += chunk.length - from;
    if (waiting > maxLineBytes)
      throw fleetError('LOG_INVALID', `${file} has a line of more than ${maxLineBytes} bytes`);
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
}

/** The bytes of the log, without its packing. Members that break off give what is in them. */
async function* unpacked(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file);
  let isPacked: boolean | undefined;
  try {
    isPacked = await startsPacked(source);
    if (!isPacked) {
      yield* source as AsyncIterable<Buffer>;
      return;
    }
    const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
    source.on('error', (error) => gunzip.destroy(error));
    source.pipe(gunzip);
    yield* gunzip as AsyncIterable<Buffer>;
    if (gunzip.bytesWritten < source.bytesRead)
      throw fleetError(
        'LOG_INVALID',
        `${file} is damaged: what follows its byte ${gunzip.bytesWritten} is no part of a log`,
      );
  } catch (error) {
    if (isCode(error, 'Z_DATA_ERROR') || isCode(error, 'Z_BUF_ERROR'))
      throw fleetError('LOG_INVALID', `${file} is damaged: ${asError(error).message}`, { cause: error });
    if (isSystemError(error)) withFile(file, () => throwAgain(error));
    throw error;
  } finally {
    source.destroy();
  }
}

function throwAgain(error: Error): never {
  throw error;
}

/** Whether the stream begins as gzip does; what was looked at is still to be read. */
async function startsPacked(source: Readable): Promise<boolean> {
  await new Promise<void>((resolve, reject) => {
    source.once('readable', resolve);
    source.once('error', reject);
  });
  const head = source.read() as Buffer | null;
  if (head === null) return false;
  source.unshift(head);
  return head[0] === 0x1f && (head.length < 2 || head[1] === 0x8b);
}
