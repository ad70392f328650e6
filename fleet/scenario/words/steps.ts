// Entries of phases: a step with its keys, a day of several steps, a repetition. Made of the registry of step kinds.
import { z } from 'zod';
import { platformNames } from '../../../protocol/vocabulary.js';
import { stepKinds } from '../../steps/registry.js';
import type { StepKindName } from '../model.js';
import { faults } from './faults.js';
import { duration, durationOrNone, name, someShare } from './values.js';

/** Where a step stands. */
export type Place = 'phase' | 'day';

const selection = {
  share: someShare.exactOptional().describe('How many of the devices it is for, chosen by the seed. Default: all.'),
  platforms: z.array(z.enum(platformNames)).min(1).max(3).exactOptional().describe('Only devices of these platforms.'),
  groups: z.array(name).min(1).max(50).exactOptional().describe('Only devices of these groups of the mix, by name.'),
};
const named = name
  .exactOptional()
  .describe('Row of the report, and NAME of thresholds. Default: its word, with a number from the second on.');
const scale = z
  .number()
  .min(0.1)
  .max(100_000)
  .exactOptional()
  .describe('How many times as fast as real time it passes: 1440 makes a day a minute. Default: 1.');
const faultsOfPhase = faults.exactOptional().describe('What is wrong meanwhile with some devices or their network.');

/** Keys that every step has, by where it stands. */
export const commonWords = {
  phase: { name: named, ...selection, clock: scale, faults: faultsOfPhase },
  day: {
    name: named,
    ...selection,
    at: durationOrNone.exactOptional().describe('When it begins, after the day began. Default: with the day.'),
  },
};

/** Keys of what is done at one moment by the authority, in a day. */
export const againWords = {
  every: duration.exactOptional().describe('Once more after each such time, until the day ends.'),
  repeat: z.int().min(1).max(1000).exactOptional().describe('With every: how often in all.'),
};

/** What is done at one moment, and can be done again in a day. */
export const mayComeAgain = (kind: StepKindName): boolean => ['herd', 'change', 'licences', 'switch'].includes(kind);

const made = new Map<string, z.ZodObject>();

/** What may stand below the word of this kind. */
export function bodyWords(kind: StepKindName, place: Place): z.ZodObject {
  const key = `${kind} ${place}`;
  const words =
    made.get(key) ??
    z.strictObject({
      ...commonWords[place],
      ...(place === 'day' && mayComeAgain(kind) ? againWords : {}),
      ...stepKinds[kind].shape.shape,
    });
  made.set(key, words);
  return words;
}

export const dayWords = z.strictObject({
  name: named,
  clock: scale,
  for: duration.exactOptional().describe('When it ends, in its own time. Default: when its steps have ended.'),
  do: z.array(z.unknown()).min(1).max(100).describe('Its steps, each with its at.'),
  faults: faultsOfPhase,
});

export const repeatWords = z.strictObject({
  times: z.int().min(1).max(1000).describe('How often.'),
  do: z.array(z.unknown()).min(1).max(100).describe('Phases, one after another.'),
});
