// The kinds of value that a scenario is made of: texts that people write, judged and made numbers.
import { z } from 'zod';
import { readDuration } from '../../../base/duration.js';

/** Ten years: longer than any run, and still a date. */
export const longestMs = 3650 * 86_400_000;
/** Devices of one run. */
export const mostDevices = 1_000_000;

const durationPattern = String.raw`^\d{1,9}(\.\d{1,6})?\s?(ms|s|min|m|h|d)$`;
const durationMessage = 'expected a duration such as 250ms, 10s, 5m, 8h or 7d';

/** A text for which editors are given a pattern; the reader judges it more closely. */
const textOf = <T>(title: string, pattern: string, message: string, read: (text: string) => T | undefined) =>
  z
    .string(message)
    .meta({ title, pattern })
    .transform((text, context): T => {
      const value = read(text.trim());
      if (value !== undefined) return value;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    });

const readTime = (least: number) => (text: string) => {
  const ms = readDuration(text);
  return ms !== undefined && ms >= least && ms <= longestMs ? ms : undefined;
};

/** Above 0; milliseconds. */
export const duration = textOf('duration', durationPattern, `${durationMessage}, above 0`, readTime(1));
/** 0 too. */
export const durationOrNone = textOf('duration', durationPattern, durationMessage, readTime(0));
/** Of a clock that is wrong by it: before it, or behind. */
export const skew = textOf(
  'duration, behind with a minus',
  String.raw`^[+-]?\d{1,9}(\.\d{1,6})?\s?(ms|s|min|m|h|d)$`,
  'expected how far the clock is wrong, such as -10m or 2d',
  (text) => {
    const ms = readTime(1)(text.replace(/^[+-]/, ''));
    return ms === undefined ? undefined : text.startsWith('-') ? -ms : ms;
  },
);

const shareMessage = 'expected a share such as 10% or 0.1';
const readPercent = (text: string): number | undefined => {
  const match = /^(\d{1,3}(?:\.\d{1,6})?)\s?%$/.exec(text);
  const share = match === null ? Number.NaN : Number(match[1]) / 100;
  return share >= 0 && share <= 1 ? share : undefined;
};
/** Of 1: `10%`, or 0.1. */
export const share = z.union(
  [textOf('share', String.raw`^\d{1,3}(\.\d{1,6})?\s?%$`, shareMessage, readPercent), z.number().min(0).max(1)],
  shareMessage,
);
/** Above 0: a share of nobody would be a mistake. */
export const someShare = share.refine((value) => value > 0, 'expected a share above 0, such as 10%');

const rateMessage = 'expected a rate such as 20/s, 600/m or 5000/h';
const perSecond = { s: 1, m: 60, min: 60, h: 3600 } as const;
const readRate =
  (least: number) =>
  (text: string): number | undefined => {
    const match = /^(\d{1,7}(?:\.\d{1,6})?)\s?\/\s?(s|m|min|h)$/.exec(text);
    if (match === null) return undefined;
    const value = Number(match[1]) / perSecond[match[2] as keyof typeof perSecond];
    return (least === 0 || value > 0) && value <= 1_000_000 ? value : undefined;
  };
const ratePattern = String.raw`^\d{1,7}(\.\d{1,6})?\s?/\s?(s|m|min|h)$`;
/** Arrivals per second; above 0. */
export const rate = textOf('rate', ratePattern, `${rateMessage}, above 0`, readRate(1));
/** 0 too, where it begins or rests. */
export const rateOrNone = textOf('rate', ratePattern, rateMessage, readRate(0));

/** What something is called: the row of a report, the NAME of a threshold. */
export const name = z
  .string('expected a name, such as "first check-in"')
  .max(40)
  .regex(
    /^[\p{L}\p{N}](?:[\p{L}\p{N} _():/+-]*[\p{L}\p{N})])?$/u,
    'expected a name of letters, digits, blanks and -_():/+',
  );
