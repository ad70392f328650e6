import { expect, it } from 'vitest';
import {
  alice,
  authorityOf,
  basic,
  enrolled,
  expectRefused,
  failedEnrollments,
  renewPushCertificate,
  setAuthority,
  tenantFile,
} from '../support/rules.js';
import { hourMs, minuteMs, openStage, platformsOfRules } from '../support/stage.js';

const bms = '/stub/v1/bms';
const users = [{ id: 'alice', upn: alice, licences: [basic] }];

it.each(platformsOfRules)(
  'B1 %s: activation passes through provisioning: office365 is read at once, and until it is ready enrollment fails with E04 that says so',
  async (platform) => {
    const stage = await openStage(tenantFile({ authority: 'none', users }), platform);
    expect((await stage.admin('GET', bms)).body).toMatchObject({ state: 'none' });
    // The same activation, by either call.
    if (platform === 'windows') expect((await setAuthority(stage, 'office365')).status).toBe(200);
    else expect((await stage.admin('POST', bms)).body).toMatchObject({ state: 'provisioning' });
    expect(await authorityOf(stage)).toBe('office365');
    await renewPushCertificate(stage);

    await expectRefused(stage, { device: await stage.device(1), user: alice }, 'E04');
    expect(JSON.stringify((await failedEnrollments(stage))[0])).toMatch(/not ready: its state is provisioning/);
    await stage.clock.advance(hourMs - minuteMs);
    expect((await stage.admin('GET', bms)).body).toMatchObject({ state: 'provisioning' });
    await stage.clock.advance(minuteMs);
    expect((await stage.admin('GET', bms)).body).toMatchObject({ state: 'ready' });
    expect((await enrolled(stage, 1)).state.lifecycle).toBe('enrolled');
  },
);
