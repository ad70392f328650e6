import { z } from 'zod';
import type { ChangeStep } from '../scenario/model.js';
import type { StepKind } from './kind.js';
import { within, withinOf, wokenLoad } from './words.js';

const setting = z.union([z.string().max(4096), z.number(), z.boolean()], 'expected a text, a number, true or false');

const shape = z.strictObject({
  profile: z.string().min(1).max(256).describe('Name of a profile of the present authority.'),
  set: z
    .record(z.string().min(1).max(100), setting)
    .refine(
      (keys) => Object.keys(keys).length > 0,
      'expected at least one key of the profile, such as { ssid: Office-2 }',
    )
    .refine((keys) => Object.keys(keys).length <= 100, 'expected 100 keys at most')
    .describe('Keys of its settings, each with its new value.'),
  within,
});

export const change: StepKind<ChangeStep> = {
  name: 'change',
  about: 'A profile changes at the authority, which wakes those who hold it; each fetches the new one.',
  shape,
  plan(body, base, context) {
    const { profile, set, within: wanted } = shape.parse(body);
    return { kind: 'change', ...base, profile, set, ...withinOf(wanted, context) };
  },
  load(step, context) {
    const keys = Object.keys(step.set).join(', ');
    return wokenLoad(step, context, `everybody at once: ${step.profile} changes (${keys}), woken, fetches it`);
  },
};
