import { z } from 'zod';
import { WakeStep } from '../engine/wake-step.js';
import { fleetError } from '../errors.js';
import type { RetireStep } from '../scenario/model.js';
import { actOnChosen } from './chosen.js';
import type { StepKind } from './kind.js';
import { within, withinOf, wokenLoad } from './words.js';

const shape = z.strictObject({ within });

export const retire: StepKind<RetireStep> = {
  name: 'retire',
  about: 'The administrator retires the devices; each is woken, and is told at its next session.',
  shape,
  plan: (body, base, context) => ({ kind: 'retire', ...base, ...withinOf(shape.parse(body).within, context) }),
  load: (step, context) => wokenLoad(step, context, 'everybody at once: retired, woken, leaves'),
  atAuthority: (_, authority) => actOnChosen('retire', authority),
  supersedes: (_, { kind }) => kind === 'change' || kind === 'switch' || kind === 'licences',
  onDevices: ({ withinMs }, context) =>
    new WakeStep(context, {
      withinMs,
      isThere: (state) => state.lifecycle !== 'enrolled',
      missed: (_index, hadSession) =>
        hadSession
          ? fleetError('MOVE_MISSED', 'the device checked in after it was retired and is managed still')
          : fleetError('WAKE_MISSED', 'no notification came before the step was over'),
    }),
};
