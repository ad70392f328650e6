import { expect, it } from 'vitest';
import { certificateTenant, enrolledWithCertificate, expiryOf, shortLives } from '../support/certificates.js';
import { dayMs, hourMs, openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'M1 %s: the certificate of a device that goes on communicating is renewed by itself, and the device goes on with the new one',
  async (platform) => {
    const stage = await openStage(certificateTenant(shortLives), platform);
    const { device, id } = await enrolledWithCertificate(stage);
    const first = await expiryOf(stage, device);
    await stage.clock.advance(first - stage.clock.now() - dayMs);
    await device.checkIn();
    await device.checkIn();
    const renewed = await stage.event(({ type, state }) => type === 'certificate' && state === 'renewed');
    expect(renewed['managedDeviceId']).toBe(id);
    const second = await expiryOf(stage, device);
    expect(Math.abs(second - (stage.clock.now() + 30 * dayMs))).toBeLessThan(hourMs);
    await stage.clock.advance(2 * dayMs); // the first has ended
    await device.checkIn();
    expect(await expiryOf(stage, device)).toBe(second);
  },
);
