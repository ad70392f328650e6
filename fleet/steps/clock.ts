import { z } from 'zod';
import { showDuration } from '../../base/duration.js';
import type { ClockStep } from '../scenario/model.js';
import { duration } from '../scenario/words/values.js';
import type { StepKind } from './kind.js';

const shape = z.strictObject({ advance: duration.describe('By how much.') });

export const clock: StepKind<ClockStep> = {
  name: 'clock',
  about:
    'The clock of the stub goes on at once, and the devices’ with it; what they would have done by themselves meanwhile they do not.',
  shape,
  short: 'advance',
  plan(body, base, { isInDay, tell }) {
    if (isInDay) tell([], 'is no step of a day: the clock of a day goes on by itself, as fast as its clock says');
    return { kind: 'clock', ...base, advanceMs: shape.parse(body).advance };
  },
  load: ({ advanceMs }) => ({
    sessions: 0,
    peakPerSecond: 0,
    lastsMs: 0,
    cost: 'none',
    detail: `the stub's clock goes on by ${showDuration(advanceMs)}`,
  }),
  atAuthority: ({ advanceMs }, { admin }) => admin.advanceClock(advanceMs),
};
