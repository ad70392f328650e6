// When devices do what a step asks of them: the keys that paced steps have, and what they come to.
import { z } from 'zod';
import type { PlanContext } from '../../steps/kind.js';
import type { Arrivals, Pace } from '../model.js';
import { duration, durationOrNone, mostDevices, rate, rateOrNone, share } from './values.js';

const total = z
  .int()
  .min(1)
  .max(mostDevices)
  .exactOptional()
  .describe('How many arrive, of those that the step is for, chosen by the seed. Default: all.');

const stages = z
  .array(z.strictObject({ to: rateOrNone.describe('Rate at its end.'), for: duration.describe('How long it lasts.') }))
  .min(1)
  .max(100);

/** The shapes of an open model: each device once, whether or not earlier ones have ended. */
const arrive = z.union(
  [
    z.strictObject({ constant: rate.describe('The same rate all the time.'), total }),
    z.strictObject({
      ramp: z
        .strictObject({ from: rateOrNone.describe('Rate of the first.'), to: rateOrNone.describe('Rate of the last.') })
        .refine(({ from, to }) => from + to > 0, 'from 0 to 0 nobody would ever arrive')
        .describe('The rate grows, or falls, evenly in time.'),
      total,
    }),
    z.strictObject({ poisson: rate.describe('Independent arrivals of this mean rate.'), total }),
    z.strictObject({ burst: z.literal(true).describe('Everybody at one instant.'), total }),
    z.strictObject({
      stages: stages
        .refine(
          (all) => (all.at(-1)?.to ?? 0) > 0,
          'the last stage goes on until all have arrived: its rate is above 0',
        )
        .describe('One after another, each evenly from the rate before it to its own; the last goes on.'),
      total,
    }),
  ],
  'expected constant: 20/s, ramp: { from: 20/s, to: 60/s }, poisson: 20/s, burst: true, or stages: [{ to: 50/s, for: 1m }]',
);

/** Keys of steps in which each device does something once: `over`, `arrive` or `closed`. */
export const onceWords = {
  over: durationOrNone.exactOptional().describe('Starts are spread evenly over it. Default: all at one instant.'),
  arrive: arrive.exactOptional().describe('How devices arrive, whether or not earlier ones have ended (open model).'),
  closed: z
    .strictObject({
      users: z.int().min(1).max(100_000).describe('So many at a time; the next begins when one has ended.'),
    })
    .exactOptional()
    .describe('Closed model, instead of arrive.'),
};

/** Keys of steps that devices may do again and again. */
export const recurringWords = {
  ...onceWords,
  every: duration.exactOptional().describe('Again and again, each device at its own moment of this interval.'),
  jitter: share.exactOptional().describe('With every: how much each interval varies, either way. Default: 0.'),
  for: duration.exactOptional().describe('With every: how long. Default: until the day ends.'),
};

type Once = z.output<z.ZodObject<typeof onceWords>>;
interface Recurring {
  readonly every?: number | 'schedule';
  readonly jitter?: number;
  readonly for?: number;
}

const unlessAbsent = <K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };

/** The pace that the keys of one step come to; contradictions are told. */
export function paceOf(body: Once & Recurring, { isInDay, tell }: PlanContext): Pace {
  const { over, arrive: wanted, closed, every, jitter = 0, for: forMs } = body;
  const given = (['over', 'arrive', 'closed', 'every'] as const).filter((key) => body[key] !== undefined);
  for (const key of given.slice(1)) tell([key], `says otherwise than ${given[0]}: write one of them`);
  if (every === undefined) {
    if (body.jitter !== undefined) tell(['jitter'], 'says nothing without every');
    if (forMs !== undefined) tell(['for'], 'says nothing without every');
  } else if (forMs === undefined && !isInDay) {
    tell(['every'], 'would go on for ever: say for how long, such as for: 8h, or put it into a day');
  } else if (typeof every === 'number' && forMs !== undefined && forMs < every)
    tell(['for'], 'is shorter than every: not all devices would get a turn');
  if (every === 'schedule') return { kind: 'schedule', jitter, ...unlessAbsent('forMs', forMs) };
  if (every !== undefined) return { kind: 'every', everyMs: every, jitter, ...unlessAbsent('forMs', forMs) };
  if (closed !== undefined) return { kind: 'closed', users: closed.users };
  return { kind: 'open', arrivals: wanted === undefined ? spread(over ?? 0) : arrivalsOf(wanted) };
}

const spread = (overMs: number): Arrivals => (overMs === 0 ? { shape: 'burst' } : { shape: 'spread', overMs });

function arrivalsOf(wanted: NonNullable<Once['arrive']>): Arrivals {
  if ('constant' in wanted) return { shape: 'constant', perSecond: wanted.constant };
  if ('ramp' in wanted) return { shape: 'ramp', ...wanted.ramp };
  if ('poisson' in wanted) return { shape: 'poisson', perSecond: wanted.poisson };
  if ('burst' in wanted) return { shape: 'burst' };
  return { shape: 'stages', stages: wanted.stages.map(({ to, for: forMs }) => ({ to, forMs })) };
}
