// Who may enroll, by chance and over the wire: random tenants, random attempts of devices of every platform, and an account of what each
// must be told (test/support/random-tenants.ts). One stub for all of them, which is moved by HTTP alone.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { enableCoexistence } from '../support/coexistence.js';
import { cured, type Phase, platforms, type Situation, situations, toBeTold } from '../support/random-tenants.js';
import { setAuthority, tenantFile } from '../support/rules.js';
import { hourMs, openStage } from '../support/stage.js';
import { holdBms, letBmsGo, remove, seen, Trial } from '../support/trial.js';
import { inputsPerCodec, seed } from './law.js';

/** Situations of each platform in each phase: one in the suite, 25 by `npm run fuzz`. */
const runs = Math.ceil(inputsPerCodec / 4_000);

/**
 * Without what cannot be: who is not there has no devices, and nobody has any where nobody may enroll; whom the directory does not know
 * does not join it; an Android device that names nobody goes on as its user's.
 */
function possible(given: Situation): Situation {
  const isUnset = given.authority === 'none';
  const is: Situation = given.way === 'joined' ? { ...given, person: 'there' } : given;
  const isAnothers = is.holder === 'another' && !isUnset;
  const goesOn = isAnothers && is.platform === 'android' && is.way === 'bulk';
  const isEnded = isUnset || (is.authority === 'office365' && !is.isBmsReady); // A11
  return {
    ...is,
    ...((is.person !== 'there' || isUnset) && { others: 0, holder: isAnothers ? 'another' : 'nobody' }),
    ...(goesOn && { holder: 'nobody' }),
    certificate: is.coexistence || (is.certificate && !isEnded), // under coexistence the authority does not change any more
  };
}

it('over the wire: of what stands against an attempt the first is told and recorded once, and nothing of it is left; with each cure the next, until the device enrolls', async () => {
  const stage = await openStage(tenantFile({ authority: 'none' }));
  let [number, attempted, enrolled] = [0, 0, 0];
  const show = async (phase: Phase, numRuns = runs) => {
    for (const platform of platforms) {
      const property = fc.asyncProperty(situations(platform, phase), async (random) => {
        const trial = new Trial(stage, ++number);
        let is = possible(random);
        await trial.setUp(is);
        for (;;) {
          const code = toBeTold(is);
          attempted++;
          await trial.attempt(is, code);
          if (code === undefined) enrolled++;
          if (code === undefined || is.authority === 'none') break;
          const next = cured(is, code);
          await trial.move(is, next);
          is = next;
        }
        await remove(stage, (await seen(stage)).devices);
      });
      await fc.assert(property, { numRuns, seed: seed + number, endOnFailure: true });
    }
  };
  await show({ coexistence: false, isBmsReady: false, authorities: ['none'] });
  await holdBms(stage);
  await show({ coexistence: false, isBmsReady: false, authorities: ['intune', 'intune', 'office365'] }, 2 * runs);
  await letBmsGo(stage);
  await show({ coexistence: false, isBmsReady: true, authorities: ['intune', 'office365'] });
  expect((await setAuthority(stage, 'office365')).status).toBe(200);
  expect((await enableCoexistence(stage)).status).toBeLessThan(300);
  await show({ coexistence: true, isBmsReady: true, authorities: ['intune'] });
  await stage.clock.advance(hourMs); // nobody is left who has abandoned an attempt (E01)
  const all = await stage.admin('GET', '/v1.0/deviceManagement/troubleshootingEvents?$count=true&$top=1');
  expect(Number(all.body['@odata.count']) + enrolled).toBe(attempted);
});
