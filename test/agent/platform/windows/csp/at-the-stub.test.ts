import { expect, it, onTestFinished } from 'vitest';
import { createDevice, createPorts, type DeviceEvent, seededRandom } from '../../../../../agent/index.js';
import { manualClock } from '../../../../../base/clock.js';
import { memoryLog } from '../../../../../base/log.js';
import type { AssignedProfile } from '../../../../../server-stub/core/types.js';
import { defaultTenant } from '../../../../../server-stub/default-tenant.js';
import { startAuthority } from '../../../../../server-stub/index.js';
import { authorityKeys, deviceKeys } from '../../../../support/keys.js';

it('a Windows device holds what the built-in organisation gives it, a certificate by SCEP among it', async () => {
  const clock = manualClock(Date.parse('2026-11-21T08:00:00Z'));
  const tenant = defaultTenant({ authority: 'intune', users: 1 });
  const authority = await startAuthority({ port: 0, pushPort: 0, tenant, clock, newRsaKey: authorityKeys() });
  onTestFinished(() => authority.close());
  const ports = await createPorts({
    clock,
    log: memoryLog(),
    ca: authority.caPem,
    keys: deviceKeys(2),
    http: { connections: 'shared' },
  });
  onTestFinished(() => ports.close());
  const device = createDevice({ platform: 'windows', ports: { ...ports.ports, random: seededRandom('stub', 1) } });
  onTestFinished(() => device.close());
  const events: DeviceEvent[] = [];
  device.onEvent((event) => events.push(event));
  await device.enroll({
    authority: 'stub',
    url: `${authority.url}/EnrollmentServer/Discovery.svc`,
    user: 'user1@contoso.example',
    secret: '',
  });
  await device.checkIn();
  await device.checkIn();
  const commands = events.filter((event) => event.type === 'command');
  expect(commands.length).toBeGreaterThan(20);
  expect(commands.filter(({ status }) => status !== 'done')).toEqual([]);
  const held = device.state.holdings.map(({ profile }) => profile);
  const root = held.find((profile) => profile.kind === 'certificate' && profile.role === 'root')?.name ?? '';
  expect(root).toMatch(/^[0-9A-F]{40}$/);
  expect(held.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual(
    [
      `certificate ${root}`,
      'certificate Device identity',
      'configuration DeviceLock',
      'email Contoso mail',
      'vpn Contoso VPN',
      'wifi Contoso',
      'wifi Contoso-Lab',
    ].sort(),
  );
  expect(held).toContainEqual(
    expect.objectContaining({
      name: 'Contoso',
      security: 'wpa2',
      eap: {
        types: ['tls'],
        identity: 'Device identity',
        anchors: [root],
        serverNames: ['radius.contoso.example'],
      },
    }),
  );
  expect(held).toContainEqual(
    expect.objectContaining({ name: 'Contoso VPN', authentication: 'certificate', certificate: 'Device identity' }),
  );
});

it('a Windows device keeps its certificate where the one that is to follow it cannot be fetched', async () => {
  const clock = manualClock(Date.parse('2026-11-21T08:00:00Z'));
  const given = (url: string): AssignedProfile => ({
    id: 'identity',
    authority: 'intune',
    assignment: { to: 'all', except: [] },
    profile: {
      kind: 'certificate',
      name: 'Identity',
      role: 'identity',
      source: { type: 'scep', url, challenge: '{{scepChallenge}}', subject: [[['CN', 'ada']]], keySizeBits: 2048 },
    },
  });
  const tenant = { ...defaultTenant({ authority: 'intune', users: 1 }), profiles: [given('{{scepUrl}}')] };
  const authority = await startAuthority({ port: 0, pushPort: 0, tenant, clock, newRsaKey: authorityKeys() });
  onTestFinished(() => authority.close());
  const ports = await createPorts({
    clock,
    log: memoryLog(),
    ca: authority.caPem,
    keys: deviceKeys(3),
    http: { connections: 'shared' },
  });
  onTestFinished(() => ports.close());
  const device = createDevice({ platform: 'windows', ports: { ...ports.ports, random: seededRandom('stub', 2) } });
  onTestFinished(() => device.close());
  await device.enroll({
    authority: 'stub',
    url: `${authority.url}/EnrollmentServer/Discovery.svc`,
    user: 'user1@contoso.example',
    secret: '',
  });
  const held = async () => {
    await device.checkIn();
    await device.checkIn();
    const record = authority.tenant.devices()[0];
    const [last] = authority.tenant.commands(record?.deviceId ?? '').slice(-1);
    return [last?.status, device.state.holdings.map(({ profile }) => profile.name)];
  };
  expect(await held()).toEqual(['done', ['Identity']]);
  authority.tenant.putProfile(given('{{scepUrl}}/nothing-here'));
  expect(await held()).toEqual(['failed', ['Identity']]);
  authority.tenant.putProfile(given('{{scepUrl}}/'));
  expect(await held()).toEqual(['done', ['Identity']]);
});
