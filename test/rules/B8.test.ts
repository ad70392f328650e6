import { expect, it } from 'vitest';
import { alice, basic, enrolled, expectRefused, reach, renewPushCertificate, tenantFile } from '../support/rules.js';
import { dayMs, minuteMs, openStage, platformsOfRules, type Stage } from '../support/stage.js';

const bms = '/stub/v1/bms';
const hold = '/stub/v1/faults/hold';
const profile = {
  kind: 'wifi',
  name: 'corp-wifi',
  ssid: 'bms-network',
  hidden: false,
  autoJoin: true,
  security: 'wpa2',
  passphrase: '{{secret}}',
};
const policies = '/v1.0/deviceManagement/deviceConfigurations';
const makePolicy = (stage: Stage) => stage.admin('POST', policies, { rollcall: { profile, authority: 'office365' } });

it.each(platformsOfRules)(
  'B8 %s: policies are refused naming the state until the service is ready; after 24 hours it is stuck, and it may become ready still',
  async (platform) => {
    const users = [{ id: 'alice', upn: alice, licences: [basic] }];
    const stage = await openStage(tenantFile({ authority: 'none', users }), platform);
    const refusedWhile = async (state: string) => {
      const { status, body } = await makePolicy(stage);
      expect([status, body.error?.message]).toEqual([409, expect.stringContaining(state)]);
      await expectRefused(stage, { device: await stage.device(1), user: alice }, 'E04');
    };
    await refusedWhile('none');

    expect((await stage.admin('PUT', hold, { kind: 'bms.hold' })).status).toBe(201);
    expect((await stage.admin('POST', bms)).status).toBe(200);
    await renewPushCertificate(stage);
    await refusedWhile('provisioning');
    await stage.clock.advance(dayMs + minuteMs);
    const { body } = await stage.admin('GET', bms);
    expect(body).toMatchObject({ state: 'stuck', advice: expect.stringMatching(/support/) });
    await refusedWhile('stuck');

    expect((await stage.admin('DELETE', hold)).status).toBe(204);
    expect((await stage.admin('GET', bms)).body).toMatchObject({ state: 'ready' });
    const made = await makePolicy(stage);
    expect(made.status).toBe(201);
    const everybody = { target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } };
    const assign = `${policies}/${String(made.body['id'])}/assign`;
    expect((await stage.admin('POST', assign, { assignments: [everybody] })).status).toBe(200);
    expect(reach(await enrolled(stage, 1))).toEqual(['bms-network']);
  },
);
