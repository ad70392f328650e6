import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createDevice,
  createPorts,
  enrollAddress,
  type HttpObservation,
  type Operation,
  operations,
  seededRandom,
} from '../../agent/index.js';
import { type PlatformName, platformNames } from '../../protocol/vocabulary.js';
import { openTarget } from '../fleet/stub.js';
import { deviceKeys } from '../support/keys.js';

/** What one device of this platform does: it enrolls, checks in, uses its mail and leaves. */
async function whatADeviceDoes(platform: PlatformName): Promise<HttpObservation[]> {
  const { authority } = await openTarget(1);
  const seen: HttpObservation[] = [];
  const { ports, close } = await createPorts({
    ca: authority.caPem,
    keys: deviceKeys(2),
    http: { observe: (observation) => seen.push(observation) },
  });
  onTestFinished(close);
  const device = createDevice({ platform, ports: { ...ports, random: seededRandom('operations', 1) } });
  const user = 'user1@contoso.example';
  await device.enroll({ authority: 'stub', url: enrollAddress(platform, authority.url, user), user });
  await device.checkIn();
  await device.useResource('email');
  await device.leave();
  await device.close();
  return seen;
}

const unlike = (all: readonly HttpObservation[]): (Operation | undefined)[] => [
  ...new Set(all.map(({ operation }) => operation)),
];

describe('what devices do on the wire', () => {
  const expected: Record<PlatformName, Operation[]> = {
    ios: [
      'profile',
      'GetCACert',
      'GetCACaps',
      'PKIOperation',
      'Authenticate',
      'TokenUpdate',
      'Idle',
      'DeviceInformation',
      'InstallProfile',
      'gate',
      'CheckOut',
    ],
    windows: [
      'probe',
      'Discover',
      'GetPolicies',
      'RequestSecurityToken',
      'package-1',
      'package-3',
      'GetCACaps',
      'GetCACert',
      'PKIOperation',
      'gate',
    ],
    android: [
      'qr',
      'sync/configuration/enroll',
      'log/rules',
      'download',
      'GetCACaps',
      'GetCACert',
      'PKIOperation',
      'sync/info',
      'sync/configuration',
      'log/list',
      'deviceinfo-settings',
      'gate',
    ],
  };
  for (const platform of platformNames)
    it(`has a name of its platform: ${platform}`, async () => {
      const seen = unlike(await whatADeviceDoes(platform));
      expect(seen).toEqual(expected[platform]);
      for (const each of seen) expect(operations[platform]).toContain(each);
    });

  it('is named in letters, digits, hyphens and slashes, each name once', () => {
    for (const names of Object.values(operations)) {
      for (const name of names) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9-]*(\/[A-Za-z-]+)*$/);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
