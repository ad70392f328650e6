import { writeSync } from 'node:fs';
import { type DestinationStream, pino } from 'pino';
import { isCode } from './errors.js';
import { withoutSecrets } from './redact.js';
import { Repeats, type RepeatsOptions } from './repeats.js';
import { print } from './terminal.js';

/**
 * What may stand in a log line: single values, and errors with their details. Profiles, commands, states and answers may not:
 * what is secret in them is known by their descriptions, and a log knows none. What has the name of a secret is masked besides.
 */
type LogValue = string | number | boolean | bigint | undefined | Error | readonly (string | number)[];

/** By name. */
export type LogValues = Readonly<Record<string, LogValue>>;

/** Structured log lines: a stable `event` word (an error's code where there is one), which pino writes as `msg`, and values. Never secrets. */
export interface Log {
  debug(event: string, values?: LogValues): void;
  info(event: string, values?: LogValues): void;
  warn(event: string, values?: LogValues): void;
  error(event: string, values?: LogValues): void;
  child(values: LogValues): Log;
}

/** Pino's own, from the most talkative to none at all. Nothing here is said at `trace` or `fatal`; who sets them means all, or next to nothing. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** One of `logLevels`. */
export type LogLevel = (typeof logLevels)[number];

/** How much is logged, and where to. */
export interface LogOptions {
  /** One of `logLevels`; anything else, such as a slip in an environment variable, is `info`. */
  readonly level?: string;
  /** Default: standard error, for standard output belongs to results. */
  readonly destination?: DestinationStream;
  /** How a line of pino's JSON is to look instead, its line feed included; what it returns is written as it is. Default: JSON. */
  readonly format?: (line: string) => string;
  /**
   * Warnings that are equal are said once, and then counted; of what is told at `info` twenty of a kind are said by themselves, each
   * device and each command once, and the others counted. Default: each is said.
   */
  readonly repeats?: RepeatsOptions;
}

/** A log that may have counted lines to tell of. */
export interface SettlingLog extends Log {
  /** Tells what was counted. Lines may come after it. */
  settle(): void;
}

type Values = Readonly<Record<string, unknown>>;

const nothing: Values = {};

/** Pino's own destination ends the process, or never lets it end, when what stands behind standard error is full. */
const standardError: DestinationStream = {
  write(line) {
    const bytes = Buffer.from(line);
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let done = 0, pauses = 0; done < bytes.length && pauses < 100; ) {
      try {
        done += writeSync(2, bytes, done);
      } catch (error) {
        if (!isCode(error, 'EAGAIN')) return; // the line is lost; what comes when there is room again is not
        pauses++;
        Atomics.wait(pause, 0, 0, 1); // a pipe whose reader is behind
      }
    }
  },
};

/**
 * JSON lines by pino, secrets left out. A child is two fields here, not a logger of pino's, so that every device has one.
 *
 * @example
 * const log = createLog({ level: 'debug' });
 * log.child({ device: 'A1' }).info('ENROLLED', { tookMs: 12 }); // {"level":30,"time":...,"device":"A1","tookMs":12,"msg":"ENROLLED"}
 */
export function createLog({
  level = 'info',
  destination: stream = standardError,
  repeats: counting,
  format,
}: LogOptions = {}): SettlingLog {
  const known = logLevels.find((name) => name === level) ?? 'info';
  const shown = {
    write: (line: string) => (format === undefined ? print(stream, line) : void stream.write(format(line))),
  };
  const logger = pino({ level: known }, shown);
  const sayAt = (at: 'info' | 'warn') => (event: string, values: Values) => logger[at](withoutSecrets(values), event);
  const repeats = counting && {
    warn: new Repeats(counting, sayAt('warn'), { kinds: 20 }),
    info: new Repeats(counting, sayAt('info'), { apart: ['device', 'id', 'user', 'serial'], most: 20 }),
  };
  const write =
    (at: 'debug' | 'info' | 'warn' | 'error', own: Values | undefined) =>
    (event: string, values?: Values): void => {
      if (!logger.isLevelEnabled(at)) return;
      const all = own === undefined ? (values ?? nothing) : { ...own, ...values };
      if (repeats !== undefined && (at === 'warn' || at === 'info')) repeats[at].tell(event, all);
      else logger[at](withoutSecrets(all), event);
    };
  const settle = () => {
    repeats?.info.settle();
    repeats?.warn.settle();
  };
  return Object.assign(logOf(write, undefined), { settle });
}

type Write = (
  at: 'debug' | 'info' | 'warn' | 'error',
  own: Values | undefined,
) => (event: string, values?: Values) => void;

class OwnLog implements Log {
  readonly #own: Values | undefined;
  readonly #write: Write;

  constructor(write: Write, own: Values | undefined) {
    this.#write = write;
    this.#own = own;
  }

  debug(event: string, values?: Values): void {
    this.#write('debug', this.#own)(event, values);
  }

  info(event: string, values?: Values): void {
    this.#write('info', this.#own)(event, values);
  }

  warn(event: string, values?: Values): void {
    this.#write('warn', this.#own)(event, values);
  }

  error(event: string, values?: Values): void {
    this.#write('error', this.#own)(event, values);
  }

  child(values: Values): Log {
    return new OwnLog(this.#write, { ...this.#own, ...values });
  }
}

const logOf = (write: Write, own: Values | undefined): Log => new OwnLog(write, own);

/** Logs nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};

/** One line that `memoryLog` kept, without its secrets. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly values: Values;
}

/**
 * Keeps its lines, secrets left out as in the real one. For tests.
 *
 * @example
 * const log = memoryLog();
 * const { ports } = await createPorts({ log });
 * // ... later:
 * log.lines.filter(({ level }) => level === 'warn');
 */
export function memoryLog(): Log & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const write: Write = (level, own) => (event, values) => {
    lines.push({ level, event, values: withoutSecrets({ ...own, ...values }) });
  };
  return Object.assign(logOf(write, undefined), { lines });
}
