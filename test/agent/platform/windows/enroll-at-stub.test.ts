// A Windows device and the stub, over real sockets: both ways to sign in, refusals, a renewal.
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDevice, createPorts, seededRandom } from '../../../../agent/index.js';
import { readWindowsData } from '../../../../agent/platform/windows/saved.js';
import { manualClock } from '../../../../base/clock.js';
import { silentLog } from '../../../../base/log.js';
import { startAuthority } from '../../../../server-stub/index.js';
import { readTenantFile } from '../../../../server-stub/tenant-file/read.js';
import { authorityKeys, deviceKeys } from '../../../support/keys.js';

const dayMs = 86_400_000;
const tenantFile = `
authority: intune
users:
  - { upn: ann@contoso.example, password: open sesame, licence: intune }
  - { upn: bob@contoso.example, licence: intune }
`;

async function at(options: Record<string, unknown> = {}) {
  const clock = manualClock(Date.parse('2026-11-21T08:00:00Z'));
  const tenant = readTenantFile(tenantFile);
  const authority = await startAuthority({
    port: 0,
    tenant,
    clock,
    newRsaKey: authorityKeys(),
    log: silentLog,
    ...options,
  });
  onTestFinished(() => authority.close());
  const made = await createPorts({
    clock,
    log: silentLog,
    ca: authority.caPem,
    keys: deviceKeys(2),
    http: { connections: 'shared' },
  });
  onTestFinished(() => made.close());
  const device = createDevice({ platform: 'windows', ports: { ...made.ports, random: seededRandom('stub', 1) } });
  onTestFinished(() => device.close());
  return { clock, device, authority, url: `${authority.url}/EnrollmentServer/Discovery.svc` };
}

const ann = { user: 'ann@contoso.example', secret: 'open sesame' };
const bob = { user: 'bob@contoso.example' };

describe('at the stub', () => {
  it.each(['OnPremise', 'Federated'])('enrolls users with a password and without one, by %s', async (authPolicy) => {
    const { device, url } = await at({ windows: { authPolicy } });
    for (const person of [ann, bob]) {
      await device.enroll({ authority: 'stub', url, ...person });
      expect(device.state.lifecycle).toBe('enrolled');
      await device.checkIn();
      await device.leave();
    }
  });

  it('is refused with a wrong password, in the words of the way in', async () => {
    const plain = await at();
    await expect(
      plain.device.enroll({ authority: 'stub', url: plain.url, ...ann, secret: 'wrong' }),
    ).rejects.toMatchObject({
      code: 'ENROLL_REFUSED',
      details: { hresult: '0x80180002', hresultName: 'MENROLL_E_DEVICE_AUTHENTICATION_ERROR', step: 'GetPolicies' },
    });
    const page = await at({ windows: { authPolicy: 'Federated' } });
    await expect(
      page.device.enroll({ authority: 'stub', url: page.url, ...ann, secret: 'wrong' }),
    ).rejects.toMatchObject({
      code: 'ENROLL_REFUSED',
      details: { hresult: '0x80180030', step: 'sign-in' },
    });
    expect(page.device.state.lifecycle).toBe('unenrolled');
  });

  it('renews its certificate when the time has come, and goes on with the new one', async () => {
    const { clock, device, url } = await at({ deviceCertificateMs: 60 * dayMs });
    await device.enroll({ authority: 'stub', url, ...ann });
    await device.checkIn();
    const identity = () => JSON.stringify(readWindowsData(device.state.link?.data).identity);
    const before = identity();
    await clock.advance(17 * dayMs);
    await device.checkIn();
    expect(identity()).toBe(before);
    await clock.advance(2 * dayMs);
    await device.checkIn();
    expect(identity()).not.toBe(before);
    expect(device.state.link?.data).toMatchObject({ renewal: { status: 2, errorCode: 0 } });
    await clock.advance(30 * dayMs);
    await device.checkIn();
    await clock.advance(25 * dayMs); // past the end of the first certificate
    await device.checkIn();
    expect(device.state.lifecycle).toBe('enrolled');
  });
});
