import { expect, it } from 'vitest';
import { bob, enrolled, enrolledUserless, history, left, recordOf, ruleTenant, switchTo } from '../support/rules.js';
import { hourMs, openStage } from '../support/stage.js';

it('A16: the history of changes says who, when, from, to, and how many were notified, moved, left, wait, are stuck, stale, userless', async () => {
  const ios = await openStage(ruleTenant());
  const [windows, android] = [ios.on('windows'), ios.on('android')];
  const moving = await enrolled(ios, 1);
  const away = await enrolled(windows, 2);
  const leaving = await enrolled(android, 3, bob);
  const userless = await enrolledUserless(ios, 4);
  await away.setOnline(false);

  const at = new Date(ios.clock.now()).toISOString();
  await switchTo(ios, 'intune');
  const enrolledThen = 4;
  const first = await ios.event(
    ({ type, why, deviceId }) => type === 'notified' && why === 'change' && deviceId === moving.state.facts.id,
  );
  expect(first.at).toBe(at);
  await moving.checkIn();
  await userless.checkIn();
  await left(android, leaving);
  await ios.clock.advance(8 * hourMs);
  const row = (await history(ios))[0] ?? {};
  expect(row).toMatchObject({
    n: 1, at, by: 'administrator', cause: 'authority', from: 'office365', to: 'intune',
    toNotify: enrolledThen, notified: enrolledThen, moved: 1, waiting: 1, stuck: 0, stale: 1, left: 1, userless: 1,
    userlessDevices: [(await recordOf(ios, userless))['id']],
  }); // biome-ignore format: one line for each part
  const counts = ['moved', 'waiting', 'left', 'userless'].map((name) => Number(row[name]));
  expect(counts.reduce((sum, count) => sum + count)).toBe(enrolledThen);

  await ios.clock.advance(1);
  expect((await history(ios))[0]).toMatchObject({ waiting: 1, stuck: 1 });
  await switchTo(ios, 'office365');
  expect(await history(ios)).toMatchObject([{ n: 1 }, { n: 2, from: 'intune', to: 'office365', stuck: 0 }]);
  expect((await ios.admin('GET', '/stub/v1/authority/changes/2')).body).toMatchObject({ n: 2, waiting: 2 });
  expect((await ios.admin('GET', '/stub/v1/authority/changes/3')).status).toBe(404);
});
