import { expect, it } from 'vitest';
import { alice, enrolled, failedEnrollments, listed, ruleTenant } from '../support/rules.js';
import { openStage, type Stage } from '../support/stage.js';

/** Ways of enrolling that send data to others, by what the device is made of. */
const ways = [
  { platform: 'ios', act: 'appleAutomatedEnrollment', sentTo: 'Apple', native: { AwaitingConfiguration: true } },
  { platform: 'android', act: 'androidWorkProfiles', sentTo: 'Google', native: { Management: 'work-profile' } },
] as const;

async function deviceOf(stage: Stage, index: number, native: Readonly<Record<string, boolean | string>>) {
  const { facts } = (await stage.device(index)).state;
  return stage.device(index, { facts: { native: { ...facts.native, ...native } } });
}

it('A17: what sends data to Google or Apple needs the administrator’s recorded consent; the view and the dry run say which is missing', async () => {
  const stage = await openStage(ruleTenant());
  const consent = (act: string) => stage.admin('GET', `/stub/v1/consents/${act}`);
  const set = (act: string, given: boolean) => stage.admin('PUT', `/stub/v1/consents/${act}`, { given });
  const missing = async () => {
    const { body } = await stage.admin('POST', '/stub/v1/dryRun', { change: { authority: 'intune' } });
    return (body['missing'] as string[]).filter((each) => each !== 'pushCertificate');
  };
  expect(await missing()).toEqual([]);
  for (const { platform, act, sentTo, native } of ways) {
    const on = stage.on(platform);
    expect((await consent(act)).body).toMatchObject({ given: true, by: null, at: null }); // as a new tenant has it
    expect((await set(act, false)).status).toBe(200);
    expect((await consent(act)).body).toMatchObject({
      act,
      given: false,
      by: 'administrator',
      at: new Date(stage.clock.now()).toISOString(),
      sentTo,
      fields: expect.arrayContaining([expect.stringMatching(/./)]),
    });
    expect(await missing()).toEqual([`consent:${act}`]);
    const device = await deviceOf(on, 1, native);
    const before = await listed(stage);
    await expect(device.enroll(on.invitation(alice))).rejects.toMatchObject({ code: 'ENROLL_REFUSED' });
    expect(await failedEnrollments(stage)).toMatchObject([
      {
        failureCategory: 'featureNotSupported',
        failureReason: expect.stringContaining(act),
        rollcall: { code: 'E20', resources: expect.arrayContaining([expect.stringMatching(/\/stub\/v1\/consents$/)]) },
      },
      ...(platform === 'ios' ? [] : [{ rollcall: { code: 'E20' } }]),
    ]);
    expect(await listed(stage)).toEqual(before);
    await enrolled(on, 2); // in another way
    expect((await set(act, true)).status).toBe(200);
    await device.enroll(on.invitation(alice));
    expect(await listed(stage)).toHaveLength(before.length + 2);
  }
  const { body } = await stage.admin('GET', '/v1.0/deviceManagement/auditEvents');
  expect(body.value.filter(({ activity }) => activity === 'patch consents')).toHaveLength(4);
});
