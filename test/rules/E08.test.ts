import { expect, it } from 'vitest';
import { deviceWith, enrolls, meansOf, onEachPlatform, refused, restrict } from '../support/admission.js';
import { ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E08: a system older than the restriction allows is refused, and one at its least version is not', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(stage, async (on, { restriction, versions: [low, usual] }) => {
    await restrict(on, { [restriction]: { osMinimumVersion: usual } });
    const record = await refused(on, await deviceWith(on, 1, { osVersion: low }), 'E08');
    expect(record).toMatchObject({ failureCategory: 'enrollmentRestrictionsEnforced', osVersion: low });
    await enrolls(on, await deviceWith(on, 1)); // the same hardware, updated
  });
});

it('E08, E09 ios: the versions of a restriction are not asked of what Setup Assistant enrolls', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }), 'ios');
  const { restriction, versions, consent } = meansOf(stage);
  const [low, usual, high] = versions;
  await restrict(stage, { [restriction]: { osMinimumVersion: usual, osMaximumVersion: usual } });
  for (const [index, osVersion] of [low, high].entries()) {
    await enrolls(stage, await deviceWith(stage, index + 1, { osVersion, native: consent?.native }));
  }
});
