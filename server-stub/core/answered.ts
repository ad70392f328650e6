// The commands that a device has answered, as they are stored: one text, which is read when it is first asked for. At a start nobody
// asks what was done with a hundred thousand devices, and entries would be most of what is read.
import { deserialize, serialize } from 'node:v8';
import { misfit } from '../../protocol/vocabulary/misfit.js';
import { answeredForm, type StoredRecord } from './record-forms.js';

export type StoredEntry = StoredRecord<'device'>['open'][number];

// A line for each entry, the oldest first: a JSON array of [content, id, queuedAt, by, status, wasSent, answeredAt, outcome, work, command],
// 0 for what is absent or usual. An entry with values that JSON has no words for is [content, base64 of v8.serialize].

const usualOutcome = { status: 'done' };

/** One line for each; "" for none. */
export const writeAnswered = (entries: readonly StoredEntry[]): string => entries.map(lineOf).join('\n');

function lineOf(entry: StoredEntry): string {
  const { content = 0, id, queuedAt, by, status, wasSent, answeredAt = 0, outcome, work, command, ...others } = entry;
  const shownOutcome = outcome?.status === 'done' && Object.keys(outcome).length === 1 ? 1 : (outcome ?? 0);
  const line = [content, id, queuedAt, by, status, wasSent, answeredAt, shownOutcome, work ?? 0, command ?? 0];
  if (Object.keys(others).length > 0 || entry.answeredAt === 0 || !line.every((part) => isJson(part, 0)))
    return JSON.stringify([content, serialize(entry).toString('base64')]);
  return JSON.stringify(line);
}

/** Hears which device's text has a line that is none, and why. */
export type OnUnreadable = (deviceId: string, reason: string) => void;

/** The entries; lines that are none are left out. */
export function readAnswered(text: string, deviceId: string, onUnreadable: OnUnreadable): StoredEntry[] {
  return linesOf(text).flatMap((line) => {
    try {
      const entry = entryOf(line);
      const why = misfit(answeredForm(), entry);
      if (why === undefined) return [entry as StoredEntry];
      onUnreadable(deviceId, why);
    } catch (error) {
      onUnreadable(deviceId, error instanceof Error ? error.message : String(error));
    }
    return [];
  });
}

function entryOf(line: string): unknown {
  const parts: unknown = JSON.parse(line);
  if (!Array.isArray(parts)) throw new TypeError('a line that is no array');
  if (parts.length === 2) return deserialize(Buffer.from(String(parts[1]), 'base64'));
  const [content, id, queuedAt, by, status, wasSent, answeredAt, outcome, work, command] = parts;
  return {
    id,
    queuedAt,
    by,
    status,
    wasSent,
    ...(outcome !== 0 && { outcome: outcome === 1 ? usualOutcome : outcome }),
    ...(answeredAt !== 0 && { answeredAt }),
    ...(work !== 0 && { work }),
    ...(content !== 0 && { content }),
    ...(command !== 0 && { command }),
  };
}

/** Keys of the contents that the entries of such a text name. */
export function contentsOfAnswered(text: string): readonly string[] {
  return linesOf(text).flatMap((line) => (line.startsWith('["') ? [line.slice(2, line.indexOf('"', 2))] : []));
}

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.split('\n'));

const deepest = 100;

/** Whether JSON gives back exactly this. */
function isJson(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null)
    return value === null || ['string', 'boolean'].includes(typeof value);
  if (depth > deepest) return false;
  if (Array.isArray(value)) return value.every((member) => isJson(member, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.hasOwn(value, '__proto__')) return false;
  return Object.values(value).every((member) => isJson(member, depth + 1));
}
