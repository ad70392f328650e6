import { z } from 'zod';
import type { EnrollStep } from '../scenario/model.js';
import { onceWords, paceOf } from '../scenario/words/pace.js';
import type { StepKind } from './kind.js';
import { pacedLoad } from './words.js';

const shape = z.strictObject(onceWords);

export const enroll: StepKind<EnrollStep> = {
  name: 'enroll',
  about: 'Each device enrolls, as its platform does it, with the first session where that follows by itself.',
  shape,
  plan: (body, base, context) => ({ kind: 'enroll', ...base, pace: paceOf(shape.parse(body), context) }),
  load: (step, context) => pacedLoad(step, context, 'enroll', 'each enrolls'),
  onDevices: (step, { invitation, signal }) => ({
    pace: step.pace,
    async act(device, index) {
      await device.enroll(invitation(index, device.state.facts), signal);
      await device.actIfDue(signal); // the first session, where the platform begins it by itself: an authority waits for it
      return undefined;
    },
    isDone: () => true,
  }),
};
