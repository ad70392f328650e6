// What step kinds share: keys of their bodies, and the parts of their figures.
import { z } from 'zod';
import { profileKinds } from '../../protocol/vocabulary.js';
import { countOf, paceFigures, scheduleIntervalMs } from '../load/figures.js';
import type { Pace, StepBase } from '../scenario/model.js';
import { duration } from '../scenario/words/values.js';
import type { LoadContext, StepLoad } from './kind.js';

export const kindsOfProfiles = z.array(z.enum(profileKinds)).min(1).max(profileKinds.length);

export const within = duration
  .exactOptional()
  .describe('How long devices have for it, from then on. Default: in a day until it ends, else 30s.');

/** How long a step waits where nothing says it: in a day until that ends. */
export const withinOf = (
  given: number | undefined,
  { isInDay }: { readonly isInDay: boolean },
): { readonly withinMs?: number } => (given !== undefined ? { withinMs: given } : isInDay ? {} : { withinMs: 30_000 });

/** The key where there is a value for it. */
export const given = <K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };

/** The load of a step in which devices act by a pace. `what`: in words, behind the pace's own. */
export function pacedLoad(
  step: StepBase & { readonly pace: Pace },
  { plan, phase }: LoadContext,
  cost: StepLoad['cost'],
  what: string,
): StepLoad {
  const { detail, ...figures } = paceFigures(
    step.pace,
    countOf(plan, step.of),
    phase,
    step.atMs,
    scheduleIntervalMs(plan, step.of),
  );
  return { ...figures, cost, detail: `${detail}: ${what}` };
}

/** The load of a step in which the authority wakes everybody whom it is for at one instant. */
export function wokenLoad(step: StepBase, { plan }: LoadContext, what: string): StepLoad {
  const sessions = countOf(plan, step.of);
  return { sessions, peakPerSecond: sessions, cost: 'check-in', detail: what };
}
