import { pino } from 'pino';

/** The stub's log: a stable `event` word (an error's code where there is one) and values. Never keys, tokens or passwords. */
export interface StubLog {
  debug(event: string, values?: Readonly<Record<string, unknown>>): void;
  info(event: string, values?: Readonly<Record<string, unknown>>): void;
  warn(event: string, values?: Readonly<Record<string, unknown>>): void;
  error(event: string, values?: Readonly<Record<string, unknown>>): void;
}

const nothing = () => {};
export const silentLog: StubLog = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One JSON line per event, on standard error or where `write` says. */
export function openLog(level: LogLevel, write?: (line: string) => void): StubLog {
  const options = { level, base: null, messageKey: 'event' };
  const logger = write === undefined ? pino(options, pino.destination(2)) : pino(options, { write });
  return {
    debug: (event, values) => logger.debug(values ?? {}, event),
    info: (event, values) => logger.info(values ?? {}, event),
    warn: (event, values) => logger.warn(values ?? {}, event),
    error: (event, values) => logger.error(values ?? {}, event),
  };
}
