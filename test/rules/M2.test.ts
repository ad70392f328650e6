import { expect, it } from 'vitest';
import { certificateTenant, enrolledWithCertificate, expiryOf, shortLives } from '../support/certificates.js';
import { dayMs, openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'M2 %s: a silent device does not renew: its certificate ends, and it can check in no more',
  async (platform) => {
    const stage = await openStage(certificateTenant(shortLives), platform);
    const { device, path } = await enrolledWithCertificate(stage);
    const end = await expiryOf(stage, device);
    await stage.clock.advance(end - stage.clock.now() + dayMs);
    const ended = await stage.event(({ type, state }) => type === 'certificate' && state === 'expired');
    expect(Date.parse(ended.at)).toBe(end);
    const before = (await stage.admin('GET', path)).body;
    // Each platform answers as to a stranger (403, error.permission.denied): the device tries again, and in vain.
    await expect(device.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    expect((await stage.admin('GET', path)).body).toEqual(before); // it was not heard
  },
);
