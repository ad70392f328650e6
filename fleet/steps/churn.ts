import { z } from 'zod';
import type { ChurnStep } from '../scenario/model.js';
import { onceWords, paceOf } from '../scenario/words/pace.js';
import type { StepKind } from './kind.js';
import { pacedLoad } from './words.js';

const shape = z.strictObject(onceWords);

export const churn: StepKind<ChurnStep> = {
  name: 'churn',
  about: 'Each device is wiped and enrolls again.',
  shape,
  plan: (body, base, context) => ({ kind: 'churn', ...base, pace: paceOf(shape.parse(body), context) }),
  load: (step, context) => pacedLoad(step, context, 'enroll', 'each is wiped and enrolls again'),
};
