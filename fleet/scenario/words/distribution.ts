// How long a person thinks, how much something varies.
import { z } from 'zod';
import type { Distribution } from '../model.js';
import { duration, durationOrNone } from './values.js';

const message =
  'expected a duration such as 5s, or uniform: [1s, 5s], normal: [1h, 10m] (mean, deviation), or exponential: 10s (mean)';

/** A duration, or one of the shapes; milliseconds. */
export const distribution = z
  .union(
    [
      durationOrNone,
      z.strictObject({
        uniform: z
          .tuple([durationOrNone, duration])
          .refine(([from, to]) => from <= to, 'expected the shorter one first')
          .describe('Evenly between two durations.'),
      }),
      z.strictObject({
        normal: z.tuple([duration, durationOrNone]).describe('Mean and standard deviation; never below 0.'),
      }),
      z.strictObject({ exponential: duration.describe('Of this mean, as waits between independent events are.') }),
    ],
    message,
  )
  .transform((value): Distribution => {
    if (typeof value === 'number') return { kind: 'fixed', value };
    if ('uniform' in value) return { kind: 'uniform', from: value.uniform[0], to: value.uniform[1] };
    if ('normal' in value) return { kind: 'normal', mean: value.normal[0], deviation: value.normal[1] };
    return { kind: 'exponential', mean: value.exponential };
  });
