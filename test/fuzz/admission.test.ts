// Who may enroll, by chance and over the wire: random tenants, random attempts of devices of every platform, and an account of what each
// must be told (test/support/situations.ts). One stub for all of them, which is moved by HTTP alone.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PlatformName } from '../../index.js';
import { enableCoexistence } from '../support/coexistence.js';
import { setAuthority, tenantFile } from '../support/rules.js';
import {
  cured,
  type Group,
  groups,
  platforms,
  type Restriction,
  type Situation,
  type Step,
  toBeTold,
  type Way,
  ways,
} from '../support/situations.js';
import { hourMs, openStage } from '../support/stage.js';
import { holdBms, letBmsGo, remove, seen, Trial } from '../support/trial.js';
import { inputsPerCodec, seed } from './law.js';

/** Situations of each platform in each phase: one in the suite, 25 by `npm run fuzz`. */
const runs = Math.ceil(inputsPerCodec / 4_000);

/** True in so many of a hundred. */
const percent = (share: number) => fc.integer({ min: 1, max: 100 }).map((n) => n <= share);
const someGroups = fc.subarray(Object.keys(groups) as Group[], { minLength: 1, maxLength: 2 });
const step = (...steps: readonly Step[]) => fc.constantFrom<Step | undefined>(undefined, undefined, ...steps);

const restrictionOfSome = (named: fc.Arbitrary<Group[]>): fc.Arbitrary<Restriction> =>
  fc.record({
    groups: named,
    blocked: percent(20),
    personal: percent(25).chain((all) =>
      all
        ? fc.constant({ ios: true, windows: true, android: true })
        : fc.record({ ios: percent(30), windows: percent(30), android: percent(30) }),
    ),
    least: step(2, 3),
    most: step(1, 2),
    maker: percent(25),
  });

/** How far the tenant has come. What was reached does not go back (A3, B1, C10), so these follow each other. */
interface Phase extends Pick<Situation, 'coexistence' | 'isBmsReady'> {
  readonly authorities: readonly Situation['authority'][];
}

/** Random situations in a tenant that has come so far, of devices of this platform. */
const situations = (platform: PlatformName, { coexistence, isBmsReady, authorities }: Phase): fc.Arbitrary<Situation> =>
  fc.constantFrom<Way>(...ways[platform]).chain((way) =>
    fc.record<Situation>({
      platform: fc.constant(platform),
      way: fc.constant(way),
      version: fc.constantFrom<Step>(0, 1, 2, 2, 3, 3),
      portal: way === 'user' ? fc.constantFrom(undefined, 'old', 'good', 'new') : fc.constant(undefined),
      authority: fc.constantFrom(...authorities),
      coexistence: fc.constant(coexistence),
      isBmsReady: fc.constant(isBmsReady),
      certificate: percent(75),
      consents: fc.record({ appleAutomatedEnrollment: fc.boolean(), androidWorkProfiles: fc.boolean() }),
      scope: fc.constantFrom('all', 'none'),
      token: fc.constantFrom('valid', 'expired'),
      person: fc.constantFrom('there', 'there', 'there', 'unknown', 'removed'),
      licence: fc.constantFrom('none', 'basic', 'intune', 'both', 'both', 'both'),
      groups: fc.subarray(Object.keys(groups) as Group[], { maxLength: 2 }),
      leastPortal: fc.constantFrom('default', 'new'),
      leastVersion: step(1, 2, 3),
      restrictions: fc.array(restrictionOfSome(someGroups), { maxLength: 2 }),
      fallback: restrictionOfSome(fc.constant([])),
      declared: percent(25),
      autopilot: fc.constantFrom('known', 'known', 'unknown', 'removed'),
      profile: fc.constantFrom(undefined, 'userDriven', 'selfDeploying'),
      limits: fc.array(fc.record({ groups: someGroups, limit: fc.integer({ min: 1, max: 2 }) }), { maxLength: 1 }),
      limit: fc.integer({ min: 1, max: 2 }),
      others: fc.constantFrom(0, 0, 0, 0, 1, 2),
      holder: fc.constantFrom('nobody', 'nobody', 'nobody', 'another', 'itself'),
    }),
  );

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
