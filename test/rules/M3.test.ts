import { expect, it } from 'vitest';
import { certificateTenant, enrolledWithCertificate, expiryOf } from '../support/certificates.js';
import { dayMs, hourMs, openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'M3 %s: 180 days after its certificate ended the record of a device is removed',
  async (platform) => {
    const stage = await openStage(certificateTenant({ mdmCertificate: '10d', renewBefore: '1d' }), platform);
    const { device, path, id } = await enrolledWithCertificate(stage);
    const end = await expiryOf(stage, device);
    await stage.clock.advance(end - stage.clock.now() + 180 * dayMs - hourMs);
    expect((await stage.admin('GET', path)).status).toBe(200);
    await stage.clock.advance(hourMs);
    const removed = await stage.event(({ type }) => type === 'removed');
    expect(removed).toMatchObject({ managedDeviceId: id });
    expect(Date.parse(removed.at)).toBe(end + 180 * dayMs);
    expect((await stage.admin('GET', path)).status).toBe(404);
  },
);
