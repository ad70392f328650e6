import { z } from 'zod';
import { WakeStep } from '../engine/wake-step.js';
import { fleetError } from '../errors.js';
import type { HerdStep } from '../scenario/model.js';
import { actOnChosen } from './chosen.js';
import type { StepKind } from './kind.js';
import { within, withinOf, wokenLoad } from './words.js';

const shape = z.strictObject({ within });

export const herd: StepKind<HerdStep> = {
  name: 'herd',
  about: 'The authority wakes everybody at one instant (syncDevice), and all of them check in.',
  shape,
  plan: (body, base, context) => ({ kind: 'herd', ...base, ...withinOf(shape.parse(body).within, context) }),
  load: (step, context) => wokenLoad(step, context, 'everybody at once: woken, checks in'),
  atAuthority: (_, authority) => actOnChosen('syncDevice', authority),
  onDevices: ({ withinMs }, context) =>
    new WakeStep(context, {
      withinMs,
      isThere: (_state, { isSince }) => isSince,
      missed: () => fleetError('WAKE_MISSED', 'no notification came before the step was over'),
    }),
};
