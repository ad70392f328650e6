import { z } from 'zod';
import type { CoexistenceStep } from '../scenario/model.js';
import type { StepKind } from './kind.js';

const shape = z.strictObject({});

export const coexistence: StepKind<CoexistenceStep> = {
  name: 'coexistence',
  about:
    'Coexistence is switched on at the authority: from then on licences decide who manages whom (C1); there is no way back.',
  shape,
  plan: (_, base) => ({ kind: 'coexistence', ...base }),
  load: () => ({ sessions: 0, peakPerSecond: 0, lastsMs: 0, cost: 'none', detail: 'coexistence is switched on' }),
  atAuthority: (_, { admin }) => admin.enableCoexistence(),
};
