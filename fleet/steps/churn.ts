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
  /** Erased by the person who has it: the authority is not told, and meets it again as a new one. */
  onDevices: (step, { invitation, signal }) => ({
    pace: step.pace,
    async act(device, index) {
      await device.forget();
      await device.enroll(invitation(index, device.state.facts), signal);
      return undefined;
    },
    isDone: () => true,
  }),
};
