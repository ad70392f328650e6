import { z } from 'zod';
import type { RenewStep } from '../scenario/model.js';
import { onceWords, paceOf } from '../scenario/words/pace.js';
import type { StepKind } from './kind.js';
import { pacedLoad } from './words.js';

const shape = z.strictObject(onceWords);

export const renew: StepKind<RenewStep> = {
  name: 'renew',
  about: 'Each device renews its identity certificate, as its platform does it; Android has none.',
  shape,
  plan: (body, base, context) => ({ kind: 'renew', ...base, pace: paceOf(shape.parse(body), context) }),
  load: (step, context) => pacedLoad(step, context, 'enroll', 'each renews its certificate'),
};
