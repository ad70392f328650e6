import { expect, it } from 'vitest';
import { certificateTenant, enrolledWithCertificate, expiryOf } from '../support/certificates.js';
import { alice, bob, carol, expectRefused, recordOf } from '../support/rules.js';
import { dayMs, hourMs, openStage, platformsOfRules } from '../support/stage.js';

const users = { ios: alice, windows: bob, android: carol };

// All platforms at once: a year of the stub's clock is many steps.
it(`M5 ${platformsOfRules}: certificates of 365 days are renewed once, from 42 days before their end on; 180 days after it the record and its slot are free`, async () => {
  const stage = await openStage(certificateTenant({ deviceLimitPerUser: 1 }));
  const all = [];
  for (const platform of platformsOfRules) {
    const [own, user] = [stage.on(platform), users[platform]];
    const made = await enrolledWithCertificate(own, user);
    all.push({ ...made, own, user, first: await expiryOf(own, made.device), second: 0 });
  }
  const latest = Math.max(...all.map(({ first }) => first));
  for (const { first } of all) expect(Math.abs(first - (stage.clock.now() + 365 * dayMs))).toBeLessThan(hourMs);

  await stage.clock.advance(latest - stage.clock.now() - 42 * dayMs - 2 * hourMs);
  for (const { own, device, first } of all) {
    await device.checkIn();
    expect(await expiryOf(own, device)).toBe(first);
  }
  await stage.clock.advance(3 * hourMs);
  for (const each of all) {
    await each.device.checkIn();
    await each.device.checkIn();
    each.second = await expiryOf(each.own, each.device);
    expect(Math.abs(each.second - (stage.clock.now() + 365 * dayMs))).toBeLessThan(hourMs);
  }
  await stage.clock.advance(dayMs);
  for (const { own, device, second } of all) {
    await device.checkIn();
    expect(await expiryOf(own, device)).toBe(second);
  }

  const ends = all.map(({ second }) => second);
  await stage.clock.advance(Math.min(...ends) - stage.clock.now() + 180 * dayMs - hourMs); // + 179 d 23 h
  for (const { own, path, user } of all) {
    expect((await stage.admin('GET', path)).status).toBe(200);
    await expectRefused(own, { device: await own.device(2), user }, 'E17', 'check-in');
  }
  await stage.clock.advance(Math.max(...ends) - stage.clock.now() + 180 * dayMs + hourMs); // + 180 d 1 h
  for (const { own, device, path, id, user } of all) {
    expect((await stage.admin('GET', path)).status).toBe(404);
    expect((await stage.admin('GET', `/v1.0/users/${user}/managedDevices`)).body.value).toEqual([]);
    await device.forget();
    await device.enroll(own.invitation(user));
    await device.checkIn();
    expect((await recordOf(own, device))['id']).not.toBe(id);
  }
});
