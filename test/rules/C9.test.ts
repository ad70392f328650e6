import { expect, it } from 'vitest';
import {
  ann,
  assignLicence,
  ben,
  bmsReach,
  coexistenceTenant,
  enableCoexistence,
  enrolledOf,
  intuneReach,
  license,
} from '../support/coexistence.js';
import { authorityOf, basic, changesOn, intune, latestChange, pushes, reach } from '../support/rules.js';
import { hourMs, openStage, platformsOfRules } from '../support/stage.js';

const because = (why: string) => (push: Record<string, unknown>) => push['why'] === why;

it.each(platformsOfRules)(
  'C9 %s: every device is notified once of coexistence, of a licence none: it moves at its next check-in, 8 hours later at most',
  async (platform) => {
    const stage = await openStage(coexistenceTenant(), platform);
    const [first, second] = await enrolledOf(stage, ann, ben);
    expect((await enableCoexistence(stage)).status).toBe(200);
    expect(await authorityOf(stage)).toBe('intune');
    for (let notified = 0; notified < 2; notified++)
      await stage.event(({ type, why }) => type === 'notified' && why === 'change');
    for (const device of [first, second]) {
      const ofChange = (await pushes(stage, device)).filter(because('change'));
      expect(ofChange).toMatchObject([{ result: platform === 'windows' ? expect.any(String) : 'sent' }]);
    }
    const changes = [changesOn(first), changesOn(second)];
    await first.checkIn();
    await second.checkIn();
    expect(reach(first)).toEqual(intuneReach);
    expect(changes[0]?.some((each) => each.startsWith('remove'))).toBe(true);
    expect(changes[1]).toEqual([]);

    const before = await pushes(stage);
    const licensedAt = stage.clock.now();
    await license(stage, 'ben', { add: [intune] });
    expect(await pushes(stage)).toEqual(before);
    expect(reach(second)).toEqual(bmsReach);
    stage.alive(second);
    await stage.clock.advance(8 * hourMs);
    const moved = await stage.event(({ type, cause }) => type === 'moved' && cause === 'licence');
    expect(Date.parse(moved.at) - licensedAt).toBeLessThanOrEqual(8 * hourMs);
    expect(reach(second)).toEqual(intuneReach);
    expect((await pushes(stage)).filter(because('change'))).toHaveLength(2);
  },
);

it('C9: a licence of a group with 10,000 members is one change, accepted at once; nobody is notified, and who checks in moves', async () => {
  const licences = { [basic]: 10_000, [intune]: 10_000 };
  const users = [{ upn: 'user{1..10000}@contoso.example', licences: [basic], groups: ['Staff'] }];
  const stage = await openStage(coexistenceTenant({ coexistence: 'on', licences, users }));
  const devices = await enrolledOf(stage, 'user1@contoso.example', 'user10000@contoso.example');
  const before = await pushes(stage);
  const [group] = (await stage.admin('GET', '/v1.0/groups')).body.value;
  expect((await assignLicence(stage, `groups/${group?.['id']}`, { add: [intune] })).status).toBe(202);
  expect(await pushes(stage)).toEqual(before);
  expect(await latestChange(stage)).toMatchObject({
    n: 1,
    cause: 'licence',
    toNotify: 0,
    notified: 0,
    moved: 0,
    waiting: 2,
  });
  await devices[0].checkIn();
  expect(await latestChange(stage)).toMatchObject({ n: 1, moved: 1, waiting: 1 });
  expect(devices.map((device) => reach(device))).toEqual([intuneReach, bmsReach]);
});
