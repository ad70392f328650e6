// How a log's lines look on a terminal: pino's own JSON, made readable by pino-pretty. Everywhere else they stay JSON.
import type { LogOptions } from './log.js';
import { hasColours, visibleLine } from './terminal.js';

/**
 * The format for a log that a person reads there; nothing where no terminal is. One line each: time, level, event, values.
 *
 * @example
 * const log = createLog({ level: 'info', ...(await terminalLines(process.stderr)) });
 */
export async function terminalLines(output: { readonly isTTY?: boolean }): Promise<Pick<LogOptions, 'format'>> {
  if (output.isTTY !== true) return {};
  const { prettyFactory } = await import('pino-pretty');
  const pretty = prettyFactory({
    colorize: hasColours(output),
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname,name,caller', // the last two it would show as they are
    hideObject: true,
    messageFormat: (line) => oneLine(line),
  });
  return { format: (line) => pretty(JSON.parse(line)) };
}

/** What a terminal shows by itself, or nobody asks there. */
const hidden: ReadonlySet<string> = new Set(['level', 'time', 'pid', 'hostname', 'msg']);

function oneLine(line: Readonly<Record<string, unknown>>): string {
  const values = Object.entries(line).flatMap(([name, value]) => (hidden.has(name) ? [] : [`${name}=${shown(value)}`]));
  return visibleLine([String(line['msg']), ...values].join(' '));
}

function shown(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value) ?? '';
}
