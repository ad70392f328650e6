// The kinds of value that a tenant file is made of.
import { z } from 'zod';
import { readDuration } from '../../base/duration.js';

const dayMs = 86_400_000;
/** Longer than any rule needs, and still a date. */
const longestMs = 36_500 * dayMs;

const isDuration = (ms: number | undefined, least: number): ms is number =>
  ms !== undefined && Number.isFinite(ms) && ms >= least && ms <= longestMs;

/** A text such as `8h`, or milliseconds. */
const readTime = (value: string | number): number | undefined => {
  if (typeof value === 'number') return value;
  return /^\d{1,15}$/.test(value.trim()) ? Number(value) : readDuration(value);
};

const one = String.raw`(\d{1,15}|\d{1,9}(\.\d{1,6})?\s?(ms|s|min|m|h|d))`;

/** A text for which editors are given a pattern; the reader judges it more closely. */
const textOf = (title: string, pattern: string) => z.string().meta({ title, pattern });

const durationOf = (least: number) =>
  z
    .union([textOf('duration', `^${one}$`), z.number()], 'expected a duration such as 8h, 7d or 30m')
    .transform((value, context) => {
      const ms = readTime(value);
      if (isDuration(ms, least)) return ms;
      context.issues.push({ code: 'custom', message: 'expected a duration such as 8h, 7d or 30m', input: value });
      return z.NEVER;
    });

/** Above 0. */
export const duration = durationOf(1);
/** 0 too. */
export const durationOrNone = durationOf(0);

const lagMessage = 'expected a duration such as 7d, or two with dots between them such as 0..7d';

/** `7d`, or `0..7d`: bounds. */
export const durationOrBounds = z
  .union([textOf('duration', `^${one}(\\.\\.${one})?$`), z.number()], lagMessage)
  .transform((value, context) => {
    const [least, most, ...more] = typeof value === 'number' ? [value] : value.split('..').map(readTime);
    if (isDuration(least, 0) && more.length === 0) {
      if (most === undefined && !String(value).includes('..')) return least;
      if (isDuration(most, least)) return [least, most] as const;
    }
    context.issues.push({ code: 'custom', message: lagMessage, input: value });
    return z.NEVER;
  });

/** YAML's true and false, and the words that people write for them. */
export const onOff = z
  .union([z.boolean(), z.enum(['on', 'off'])], 'expected on or off')
  .transform((value) => value === true || value === 'on');

/** A day, or a moment in UTC; milliseconds since 1970. */
export const time = z
  .union([z.iso.date(), z.iso.datetime()], 'expected a date such as 2027-06-01, or 2027-06-01T12:00:00Z')
  .transform((text) => Date.parse(text));

/** An id that stays the same whatever else is changed. */
export const id = z.string().min(1).max(200);

/** What a person calls a thing. */
export const name = z.string().min(1).max(256);

export const names = z.array(name).max(100_000);
