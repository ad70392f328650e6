// The device's log, as the launcher keeps it: lines that a rule asks for, uploaded ten at a time.
import { isRollcallError } from '../../../../base/errors.js';
import type { LogItem, LogRule } from '../../../../protocol/headwind/types.js';
import { troubleOf } from '../../trouble.js';
import type { AndroidContext } from '../context.js';

/** Levels of a line, as the protocol numbers them. */
export const levels = { error: 1, warning: 2, info: 3, debug: 4, verbose: 5 } as const;

const minute = 60_000;

/** Bounds of what is kept; beyond them the oldest lines go. The launcher itself drops what is older than a week. */
const mostLines = 500;
const longestLine = 2000;
const mostRules = 50;
const longestFilter = 200;
const linesKeptMs = 7 * 24 * 60 * minute;

const linesOfOneCall = 10;
const retryMs = 15 * minute;

/** From now on lines are kept by these rules (GET log/rules); what is kept already stays. */
export function keepLogRules({ memory }: Pick<AndroidContext, 'memory'>, rules: readonly LogRule[]): void {
  const logRules = rules.slice(0, mostRules).map(({ packageId, logLevel, filter }) => ({
    packageId,
    logLevel,
    ...(filter === undefined ? {} : { filter: filter.slice(0, longestFilter) }),
  }));
  if (JSON.stringify(logRules) !== JSON.stringify(memory.data.logRules)) memory.change({ logRules });
}

/** Writes a line of an app to the device's log, where a rule wants it. Default: the launcher's. */
export function logLine(
  { memory, ports }: Pick<AndroidContext, 'memory' | 'ports'>,
  level: keyof typeof levels,
  message: string,
  packageId = 'com.hmdm.launcher',
): void {
  const { logRules = [], log = [] } = memory.data;
  const logLevel = levels[level];
  const line = message.slice(0, longestLine);
  const isWanted = logRules.some(
    (rule) => rule.packageId === packageId && rule.logLevel >= logLevel && isLike(line, rule.filter),
  );
  if (!isWanted) return;
  const now = ports.clock.now();
  const kept = log.filter(({ timestamp }) => timestamp >= now - linesKeptMs).slice(1 - mostLines);
  memory.change({ log: [...kept, { timestamp: now, logLevel, packageId, message: line }] });
}

/** SQLite's `LIKE '%' || filter || '%'`: ASCII letters in any case, `%` any run, `_` any one character. */
function isLike(text: string, filter: string | undefined): boolean {
  if (filter === undefined || filter === '') return true;
  const pattern = [...lower(`%${filter}%`)];
  const characters = [...lower(text)];
  let [at, next, star, mark] = [0, 0, -1, 0];
  while (at < characters.length) {
    if (pattern[next] === '%') {
      star = next++;
      mark = at;
    } else if (pattern[next] === '_' || pattern[next] === characters[at]) {
      next++;
      at++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++mark;
    } else return false;
  }
  while (pattern[next] === '%') next++;
  return next === pattern.length;
}

const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/**
 * Uploads what is kept, oldest first, ten lines a call, until nothing is left. A failure is told and noted: `logRetryAt` is
 * then 15 minutes away. Throws INTERRUPTED.
 */
export async function uploadLog({ memory, api, ports, device, signal }: AndroidContext): Promise<'drained' | 'failed'> {
  memory.forget('logRetryAt');
  for (;;) {
    const lines: readonly LogItem[] = (memory.data.log ?? []).slice(0, linesOfOneCall);
    if (lines.length === 0) break;
    try {
      await api.sendLog(lines);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRollcallError(error)) throw error;
      device.tell(troubleOf(error, 'devicelog'));
      memory.change({ logRetryAt: ports.clock.now() + retryMs });
      return 'failed';
    }
    memory.change({ log: (memory.data.log ?? []).slice(lines.length) });
  }
  memory.forget('log');
  return 'drained';
}
