import { expect, it } from 'vitest';
import { alice, certificatePath, expectRefused, ruleTenant } from '../support/rules.js';
import { openStage, type Stage } from '../support/stage.js';

const acts = ['androidWorkProfiles', 'applePush', 'appleAutomatedEnrollment'] as const;

/** All ways that the three platforms have for a person's device, with the act that each needs. */
const ways = [
  { platform: 'ios' },
  { platform: 'ios', native: { AwaitingConfiguration: true }, act: 'appleAutomatedEnrollment' },
  { platform: 'windows' },
  { platform: 'android' },
  { platform: 'android', native: { Management: 'work-profile' }, act: 'androidWorkProfiles' },
] as const;

const give = async (stage: Stage, act: string, given: boolean) =>
  expect((await stage.admin('PUT', `/stub/v1/consents/${act}`, { given })).status).toBe(200);

it('A25: consent is per act: without one that act alone is refused, other ways and platforms go on', async () => {
  const stage = await openStage(ruleTenant({ pushCertificate: false, settings: { deviceLimitPerUser: 50 } }));
  const upload = () => stage.admin('PATCH', certificatePath, { appleIdentifier: 'admin@contoso.example' });
  let index = 0;
  const phone = stage.on('ios');

  await give(stage, 'applePush', false);
  const refused = await upload();
  expect(refused).toMatchObject({ status: 403, body: { error: { message: expect.stringContaining('applePush') } } });
  await expectRefused(phone, { device: await phone.device(++index), user: alice }, 'E18'); // hence
  await give(stage, 'applePush', true);
  expect((await upload()).status).toBe(200);

  for (const withdrawn of acts) {
    await give(stage, withdrawn, false);
    for (const { platform, ...way } of ways) {
      const on = stage.on(platform);
      const { facts } = (await on.device(++index)).state;
      const native = 'native' in way ? { ...facts.native, ...way.native } : facts.native;
      const device = await on.device(index, { facts: { native } });
      const isRefused = 'act' in way && way.act === withdrawn;
      const enrolling = device.enroll(on.invitation(alice));
      if (isRefused) await expect(enrolling).rejects.toMatchObject({ details: { code: 'E20' } });
      else await enrolling;
      expect(device.state.lifecycle).toBe(isRefused ? 'unenrolled' : 'enrolled');
    }
    expect((await upload()).status).toBe(withdrawn === 'applePush' ? 403 : 200);
    await give(stage, withdrawn, true);
  }
});
