import { z } from 'zod';
import type { RetireStep } from '../scenario/model.js';
import type { StepKind } from './kind.js';
import { within, withinOf, wokenLoad } from './words.js';

const shape = z.strictObject({ within });

export const retire: StepKind<RetireStep> = {
  name: 'retire',
  about: 'The administrator retires the devices; each is woken, and is told at its next session.',
  shape,
  plan: (body, base, context) => ({ kind: 'retire', ...base, ...withinOf(shape.parse(body).within, context) }),
  load: (step, context) => wokenLoad(step, context, 'everybody at once: retired, woken, leaves'),
};
