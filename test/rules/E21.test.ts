import { expect, it } from 'vitest';
import { alice, ruleTenant, setAuthority, tenantFile } from '../support/rules.js';
import { cured, type Situation, toBeTold } from '../support/situations.js';
import { openStage } from '../support/stage.js';
import { holdBms, remove, seen, Trial } from '../support/trial.js';
import { byAutopilot, refusedPc } from '../support/windows-admission.js';

const personal = { ios: true, windows: true, android: true };
const none = { groups: [], blocked: false, personal: { ios: false, windows: false, android: false } };
/** Everything that can stand against an attempt at once. */
const worst: Omit<Situation, 'platform' | 'way'> = {
  version: 0,
  portal: 'old',
  authority: 'office365',
  coexistence: false,
  isBmsReady: false,
  certificate: false,
  consents: { appleAutomatedEnrollment: false, androidWorkProfiles: false },
  scope: 'none',
  token: 'expired',
  person: 'there',
  licence: 'none',
  groups: [],
  leastPortal: 'default',
  leastVersion: 2,
  restrictions: [],
  fallback: { groups: [], blocked: true, personal, least: 3, most: 1, maker: true },
  declared: false,
  autopilot: 'removed',
  profile: undefined,
  limits: [],
  limit: 1,
  others: 1,
  holder: 'another',
};
/** Of the organization itself only this. */
const onboarded = { authority: 'intune', certificate: true, licence: 'both' } as const;
const alone = { others: 0, holder: 'nobody' } as const;

interface Chain {
  readonly of: Pick<Situation, 'platform' | 'way'> & Partial<Situation>;
  /** In the order in which they are told; then the device enrolls. */
  readonly told: string;
  /** What Setup Assistant or a join enrolls starts in no Company Portal: with this cure the person enrolls the device. */
  readonly thenByUser?: string;
}

// Each cause is cured when it has been told, and all behind it in the order are still there: so each pair of neighbours is shown with both
// causes true. A record of Autopilot that was removed is not known either, and one cure is both's: E13 has a chain of its own.
const chains: readonly Chain[] = [
  {
    of: { platform: 'ios', way: 'automated' },
    told: 'E04 E18 E20 E02 E05 E06 E11 E08 E09 E19 E10 E03 E17',
    thenByUser: 'E20',
  },
  { of: { platform: 'ios', way: 'user', portal: undefined, ...onboarded }, told: 'E06 E11 E08 E09 E19 E10 E03 E17' },
  {
    of: { platform: 'windows', way: 'joined' },
    told: 'E04 E20 E02 E05 E06 E11 E08 E09 E19 E10 E07 E03 E17',
    thenByUser: 'E20',
  },
  {
    of: {
      ...{ platform: 'windows', way: 'selfDeploying', portal: undefined, ...onboarded, ...alone },
      fallback: { ...none, blocked: true, least: undefined, most: undefined, maker: false },
    },
    told: 'E06 E16 E14 E15 E11',
  },
  {
    of: {
      ...{ platform: 'windows', way: 'userDriven', portal: undefined, ...onboarded, ...alone, autopilot: 'unknown' },
      ...{ version: 1, leastVersion: undefined },
      fallback: { ...none, least: undefined, most: undefined, maker: false },
    },
    told: 'E13 E14',
  },
  { of: { platform: 'android', way: 'workProfile' }, told: 'E04 E20 E02 E05 E06 E11 E08 E09 E19 E10 E07 E03 E17' },
];

it('E21: on each platform the first in the order of all that stands against a device is told, and with each cure the next, until it enrolls', async () => {
  const stage = await openStage(tenantFile({ authority: 'none' }));
  await holdBms(stage);
  for (const [number, { of, told, thenByUser }] of chains.entries()) {
    const trial = new Trial(stage, number);
    const shown: string[] = [];
    let is: Situation = { ...worst, ...of };
    await trial.setUp(is);
    for (;;) {
      const code = toBeTold(is);
      await trial.attempt(is, code);
      if (code === undefined) break;
      shown.push(code);
      const next = cured(is, code);
      await trial.move(is, next);
      is = code === thenByUser ? { ...next, way: 'user' } : next;
    }
    expect(shown.join(' ')).toBe(told);
    await remove(stage, (await seen(stage)).devices);
  }
});

it('E21 windows: a way that does not fit the authority is told before a bulk token that has expired', async () => {
  const token = '0F1E2D3C4B5A';
  const bulkTokens = [{ name: 'warehouse', expires: '2020-01-01', token }];
  const stage = await openStage(ruleTenant({ bulkTokens }), 'windows'); // office365
  const by = { ...byAutopilot(stage, alice), token };
  const device = await stage.device(1);
  await refusedPc(stage, device, by, { code: 'E20', hresult: '0x80180015', category: 'featureNotSupported' });
  expect((await setAuthority(stage, 'intune')).status).toBe(200);
  await refusedPc(stage, device, by, { code: 'E12', hresult: '0x80180002', category: 'authentication' });
});
