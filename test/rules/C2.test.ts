import { expect, it } from 'vitest';
import { ann, ben, bmsReach, coexistenceTenant, intuneReach } from '../support/coexistence.js';
import { enrolled, portal, reach } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'C2 %s: a licence that includes Intune means that intune manages all of the user’s devices, Basic alone office365',
  async (platform) => {
    const stage = await openStage(coexistenceTenant({ coexistence: 'on' }), platform);
    const of = {
      ann: [await enrolled(stage, 1, ann), await enrolled(stage, 2, ann)],
      ben: await enrolled(stage, 3, ben),
    };
    for (const device of of.ann) expect(reach(device)).toEqual(intuneReach);
    expect(reach(of.ben)).toEqual(bmsReach);
    expect(await portal(stage, 'intune')).toEqual(of.ann.map(({ state }) => state.facts.serial).sort());
    expect(await portal(stage, 'office365')).toEqual([of.ben.state.facts.serial]);
  },
);
