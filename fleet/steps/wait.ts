import { z } from 'zod';
import { showDuration } from '../../base/duration.js';
import type { WaitStep } from '../scenario/model.js';
import { duration } from '../scenario/words/values.js';
import type { StepKind } from './kind.js';

const shape = z.strictObject({ for: duration.describe('How long.') });

export const wait: StepKind<WaitStep> = {
  name: 'wait',
  about: 'No step is done for a while.',
  shape,
  short: 'for',
  plan(body, base, { isInDay, tell }) {
    if (isInDay) tell([], 'is no step of a day: say of the other steps when they begin, with at');
    return { kind: 'wait', ...base, forMs: shape.parse(body).for };
  },
  load: ({ forMs }) => ({
    sessions: 0,
    peakPerSecond: 0,
    lastsMs: forMs,
    cost: 'none',
    detail: `nothing for ${showDuration(forMs)}`,
  }),
  onDevices: ({ forMs }, { ageMs }) => ({ isDone: () => ageMs() >= forMs }),
};
