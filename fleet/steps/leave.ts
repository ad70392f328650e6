import { z } from 'zod';
import type { LeaveStep } from '../scenario/model.js';
import { onceWords, paceOf } from '../scenario/words/pace.js';
import type { StepKind } from './kind.js';
import { pacedLoad } from './words.js';

const shape = z.strictObject(onceWords);

export const leave: StepKind<LeaveStep> = {
  name: 'leave',
  about: 'The person at each device removes the management.',
  shape,
  plan: (body, base, context) => ({ kind: 'leave', ...base, pace: paceOf(shape.parse(body), context) }),
  load: (step, context) => pacedLoad(step, context, 'leave', 'each removes its management'),
  supersedes: (_, { kind }) => ['change', 'switch', 'licences', 'herd', 'retire'].includes(kind),
  onDevices: (step, { signal }) => ({
    pace: step.pace,
    async act(device) {
      await device.leave(signal);
      return undefined;
    },
    isDone: () => true,
  }),
};
