// Where a trace goes: standard error, a file of text, or a HAR file.
import { createWriteStream, type WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { commandLineError } from './command-line.js';
import { asError, isSystemError } from './errors.js';
import { HarFile } from './har-file.js';
import { hasColours, print, printLines } from './terminal.js';
import type { Trace, TraceForm, TraceLine } from './trace.js';

/** A trace that may have a file open. */
export interface OpenTrace extends Trace {
  /** Writes what is still to be written. */
  close(): Promise<void>;
}

/** Text that waits for a slow disk or reader; what comes beyond it is counted and not kept. */
const mostWaiting = 32 * 1024 * 1024;

/**
 * Opens what stands behind `--trace`: empty is standard error, a name that ends with `.har` a HAR file, any other a file of text
 * that is added to. Throws FILE_UNUSABLE. A file that cannot be written any more, such as on a full disk, is told of once on
 * standard error; the command goes on without.
 *
 * @example
 * const trace = await openTrace('device.har', traceForm);
 * const { ports, close } = await createPorts({ ca, trace });
 * // ... later:
 * await trace.close();
 */
export async function openTrace(to: string, form: TraceForm): Promise<OpenTrace> {
  if (to === '') return ofLines(form, standardError());
  if (/\.har$/i.test(to)) return harTrace(to, form);
  return ofLines(form, await textFile(to));
}

interface Sink {
  write(lines: readonly TraceLine[]): void;
  close(): Promise<void>;
}

const ofLines = (form: TraceForm, { write, close }: Sink): OpenTrace => ({
  exchanged: (exchange) => write(form.exchange(exchange)),
  messaged: (message) => write(form.message(message)),
  close,
});

function standardError(): Sink {
  const { stderr } = process;
  const coloured = hasColours(stderr);
  return { write: (lines) => printLines(stderr, lines, coloured), close: async () => {} };
}

async function textFile(path: string): Promise<Sink> {
  const file = await open(path, 'a', 0o600).catch((cause: unknown) => {
    if (!isSystemError(cause)) throw cause;
    throw commandLineError('FILE_UNUSABLE', `${path}: ${cause.message}`, { details: { path, code: cause.code } });
  });
  const stream: WriteStream = createWriteStream(path, { fd: file });
  let isLost = false;
  let missed = 0;
  stream.on('error', (error) => {
    if (!isLost) tellLost(path, error);
    isLost = true;
  });
  return {
    write(lines) {
      if (isLost) return;
      if (stream.writableLength > mostWaiting) {
        missed++;
        return;
      }
      if (missed > 0) stream.write(`(${missed} exchanges are not here: the file was slower than they came)\n`);
      missed = 0;
      printLines(stream, lines);
    },
    close: () =>
      new Promise((resolve) => {
        if (stream.closed) resolve();
        stream.once('close', resolve).end();
      }),
  };
}

function harTrace(path: string, form: TraceForm): OpenTrace {
  const file = new HarFile(path);
  let isLost = false;
  return {
    exchanged(exchange) {
      if (isLost) return;
      try {
        file.add(form.har(exchange));
      } catch (error) {
        isLost = true;
        tellLost(path, asError(error));
      }
    },
    async close() {
      file.close();
    },
  };
}

const tellLost = (path: string, { message }: Error): void =>
  print(process.stderr, `rollcall: the trace in ${path} ends here: ${message}\n`);
