import { z } from 'zod';
import { authorities } from '../../protocol/vocabulary.js';
import { Uses } from '../engine/uses.js';
import type { UseStep } from '../scenario/model.js';
import { distribution } from '../scenario/words/distribution.js';
import { paceOf, recurringWords } from '../scenario/words/pace.js';
import type { StepKind } from './kind.js';
import { given, kindsOfProfiles, pacedLoad } from './words.js';

const authority = z.enum(Object.keys(authorities) as [keyof typeof authorities, ...(keyof typeof authorities)[]]);

const shape = z.strictObject({
  ...recurringWords,
  kinds: kindsOfProfiles.describe('Kinds of profiles whose resources are used.'),
  of: authority
    .exactOptional()
    .describe('Every profile of these kinds that is this authority’s. Default: one of each kind.'),
  refused: z.boolean().exactOptional().describe('The gate is to refuse them (A9). Default: false.'),
  thinkTime: distribution.exactOptional().describe('How long a person waits between two kinds. Default: not at all.'),
});

export const use: StepKind<UseStep> = {
  name: 'use',
  about: 'A person at each device uses mail, VPN, Wi-Fi: the gate of the stub lets it in by its profile, or refuses.',
  shape,
  plan(body, base, context) {
    const { kinds, of: whose, refused, thinkTime, ...pace } = shape.parse(body);
    return {
      kind: 'use',
      ...base,
      pace: paceOf(pace, context),
      kinds,
      ...given('whose', whose),
      ...(refused === true ? { isRefused: true as const } : {}),
      ...given('thinkTime', thinkTime),
    };
  },
  load(step, context) {
    const { kinds, whose, isRefused } = step;
    const what = `${kinds.join(', ')}${whose === undefined ? '' : ` of ${whose}`}`;
    return pacedLoad(step, context, 'use', `tries ${what} at the gate${isRefused === true ? ', which refuses' : ''}`);
  },
  onDevices: (step, context) => new Uses(step, context),
};
