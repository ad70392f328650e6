import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { isRollcallError } from '../../../base/errors.js';
import { silentLog } from '../../../base/log.js';
import type { PlatformName } from '../../../protocol/vocabulary.js';
import { admission } from '../../../server-stub/core/admission.js';
import type { PlatformRestriction } from '../../../server-stub/core/admission-types.js';
import { type FailureCode, failures } from '../../../server-stub/core/failures.js';
import type { Tenant } from '../../../server-stub/core/interfaces.js';
import { noRestriction } from '../../../server-stub/core/restriction-index.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import type { TraitsByPlatform } from '../../../server-stub/core/traits.js';
import type { EnrollmentType, EnrollRequest } from '../../../server-stub/core/types.js';
import { counted, dayMs, refusal, user } from './support.js';

const minimum = { minimumOs: '10', minimumCompanyPortal: '2' };
const traits: TraitsByPlatform = new Map([
  [
    'ios',
    {
      ...minimum,
      needsPushCertificate: true,
      watchesAttempts: true,
      consents: { automated: 'appleAutomatedEnrollment' },
    },
  ],
  [
    'windows',
    {
      ...minimum,
      needsPushCertificate: false,
      tellsManufacturer: true,
      hasProvisioningPackages: true,
      hasAutopilot: true,
      unlimitedWays: ['joined', 'bulk', 'autopilot', 'comanaged'],
    },
  ],
  [
    'android',
    {
      ...minimum,
      needsPushCertificate: false,
      tellsManufacturer: true,
      consents: { workProfile: 'androidWorkProfiles' },
    },
  ],
]);
const platforms = [...traits.keys()];

/** E21, as the specification has it. */
const order = 'E04 E18 E20 E12 E02 E05 E06 E16 E13 E14 E15 E11 E08 E09 E19 E10 E07 E03 E17'.split(' ');
const onlyOn: Readonly<Partial<Record<string, readonly PlatformName[]>>> = {
  E18: ['ios'],
  E12: ['windows'],
  E16: ['windows'],
  E13: ['windows'],
  E14: ['windows'],
  E15: ['windows'],
  E07: ['windows', 'android'],
};
const orderOn = (platform: PlatformName) => order.filter((code) => onlyOn[code]?.includes(platform) ?? true);

type Way = Extract<
  EnrollmentType,
  'user' | 'automated' | 'joined' | 'bulk' | 'autopilot' | 'workProfile' | 'fullyManaged'
>;
const waysOf: Readonly<Record<string, readonly Way[]>> = {
  ios: ['user', 'automated'],
  windows: ['user', 'joined', 'bulk', 'autopilot'],
  android: ['user', 'workProfile', 'fullyManaged'],
};

/** A tenant and one device that tries to enroll there, with these causes for a refusal. */
class World {
  readonly clock = manualClock(Date.parse('2026-11-21T08:00:00Z'));
  readonly tenant: Tenant;
  restriction: PlatformRestriction = {};
  isPersonalBlockedElsewhere = false;
  attempted = 0;
  enrolled = 0;
  request: EnrollRequest & { readonly platform: PlatformName };

  constructor(
    readonly platform: PlatformName,
    readonly way: Way,
    readonly causes: ReadonlySet<string>,
  ) {
    const has = (code: string) => causes.has(code);
    this.tenant = createTenant(
      {
        id: 'tenant',
        displayName: 'Contoso',
        authority: has('E04') ? 'unknown' : way === 'autopilot' && has('E20') ? 'office365' : 'intune',
        settings: {
          ...defaultSettings,
          deviceLimitPerUser: 2,
          mdmUserScope: way === 'joined' && has('E20') ? 'none' : 'all',
        },
        ...(!has('E18') && { pushCertificate: { topic: 'topic' } }),
        users: [user('ada'), user('ben')],
        profiles: [],
        ...(has('E20') && { consents: { appleAutomatedEnrollment: false, androidWorkProfiles: false } }),
      },
      { clock: this.clock, random: counted(), log: silentLog, traits },
    );
    onTestFinished(() => this.tenant.close());
    const isUserless = way === 'bulk';
    this.request = {
      platform,
      deviceId: 'd',
      serial: 'S-1',
      enrollmentType: way,
      osVersion: has('E06') ? '5.1' : '12.3',
      manufacturer: 'Acme',
      companyPortal: has('E05') ? '1.9' : '2.0',
      ...(!isUserless && { userId: 'id-ada' }),
      ...(way === 'autopilot' && { autopilotMode: 'userDriven' as const }),
      ...(way === 'bulk' && { bulkToken: 'token' }),
    };
  }

  /** Everything but the authority, which is there from the start. */
  async setUp(): Promise<void> {
    const { tenant, causes, clock, platform } = this;
    const has = (code: string) => causes.has(code);
    if (has('E03') || has('E17')) this.#enrollOthers();
    if (this.way === 'bulk') {
      const expiresAt = clock.now() + (has('E12') ? dayMs : 10_000 * dayMs);
      tenant.putBulkToken({ id: 'token', name: 'warehouse', expiresAt, token: 'T' });
      if (has('E12')) await clock.advance(2 * dayMs);
    }
    if (this.way === 'autopilot') this.#autopilot();
    if (has('E02')) tenant.putUser({ ...user('ada'), products: [] });
    this.restriction = {
      ...(has('E11') && { blocked: true }),
      ...(has('E08') && { osMinimum: '20' }),
      ...(has('E09') && { osMaximum: '3' }),
      ...((has('E19') || has('E10')) && { personalBlocked: true }),
      ...(has('E07') && { blockedManufacturers: ['ACME '] }),
    };
    this.isPersonalBlockedElsewhere = has('E19');
    this.restrict();
    expect(platforms).toContain(platform);
  }

  /** Under an authority of its own time: what the rules say of these devices is no matter here. */
  #enrollOthers(): void {
    const { tenant, causes, platform } = this;
    const admit = (deviceId: string, userId: string) => {
      tenant.enroll({ platform, deviceId, serial: deviceId, userId, osVersion: '12', enrollmentType: 'user' });
      tenant.confirm(deviceId);
    };
    if (causes.has('E17')) for (const id of ['first', 'second']) admit(id, 'id-ada');
    if (causes.has('E03')) admit('d', 'id-ben');
  }

  #autopilot(): void {
    const { tenant, causes, clock } = this;
    for (const [id, mode] of [
      ['right', 'userDriven'],
      ['wrong', 'selfDeploying'],
    ] as const) {
      tenant.putAutopilotProfile({ id, displayName: id, mode });
    }
    if (causes.has('E13') && !causes.has('E16')) return;
    const profile = causes.has('E14') ? {} : { profileId: causes.has('E15') ? 'wrong' : 'right' };
    tenant.putAutopilotDevice({ id: 'a', serial: 's-1', createdAt: clock.now(), ...profile });
    if (causes.has('E16')) tenant.removeAutopilotDevice('a');
  }

  restrict(): void {
    const others = this.isPersonalBlockedElsewhere ? { personalBlocked: true } : {};
    this.tenant.putRestriction({
      ...noRestriction,
      platforms: {
        ...Object.fromEntries(platforms.map((platform) => [platform, others])),
        [this.platform]: this.restriction,
      },
    });
  }

  /** Takes one cause away, as a person would, and leaves the others. */
  cure(code: string): void {
    const { tenant, causes, clock } = this;
    const without = (key: keyof PlatformRestriction) => {
      const { [key]: _, ...rest } = this.restriction;
      this.restriction = rest;
      this.restrict();
    };
    const given = { profileId: causes.has('E15') ? 'wrong' : 'right' };
    const imported = { serial: 'S-1', createdAt: clock.now(), ...(!causes.has('E14') && given) };
    const cures: Readonly<Record<string, () => void>> = {
      E04: () => {
        tenant.setAuthority('intune', 'admin');
        if (this.way === 'autopilot' && causes.has('E20')) tenant.setAuthority('office365', 'admin'); // BMS is ready at once
        if (!causes.has('E18')) tenant.renewPushCertificate('admin', { topic: 'topic' });
      },
      E18: () => tenant.renewPushCertificate('admin', { topic: 'topic' }),
      E20: () => {
        if (this.way === 'autopilot') tenant.setAuthority('intune', 'admin');
        else if (this.way === 'joined') tenant.setEnrollmentSettings({ mdmUserScope: 'all' }, 'admin');
        else
          for (const act of ['appleAutomatedEnrollment', 'androidWorkProfiles'] as const)
            tenant.setConsent(act, true, 'admin');
      },
      E12: () => tenant.putBulkToken({ id: 'token', name: 'warehouse', expiresAt: clock.now() + dayMs, token: 'T' }),
      E02: () => tenant.putUser(user('ada')),
      E05: () => this.tell({ companyPortal: '2.0.1' }),
      E06: () => this.tell({ osVersion: '12' }),
      E16: () => tenant.putAutopilotDevice({ id: 'b', ...imported }),
      E13: () => tenant.putAutopilotDevice({ id: 'b', ...imported }),
      E14: () => {
        const { id = '' } = tenant.findAutopilotDevice('S-1') ?? {};
        tenant.putAutopilotDevice({ ...imported, ...given, id });
      },
      E15: () => tenant.putAutopilotProfile({ id: 'wrong', displayName: 'wrong', mode: 'userDriven' }),
      E11: () => without('blocked'),
      E08: () => without('osMinimum'),
      E09: () => without('osMaximum'),
      E19: () => {
        this.isPersonalBlockedElsewhere = false;
        if (causes.has('E10')) this.restrict();
        else without('personalBlocked');
      },
      E10: () => tenant.putCorporateDevice({ id: 'c', type: 'serialNumber', value: ' s-1', createdAt: clock.now() }),
      E07: () => without('blockedManufacturers'),
      E03: () => tenant.unenroll('d', 'left'),
      E17: () => tenant.unenroll('first', 'left'),
    };
    cures[code]?.();
  }

  tell(facts: Partial<EnrollRequest>): void {
    this.request = { ...this.request, ...facts };
  }

  /** One attempt from its first step to its last; the code of the refusal, or `none`. */
  attempt(): string {
    const { tenant, request } = this;
    const { userId, enrollmentType: way, ...rest } = request;
    this.attempted++;
    const code = refusal(() => {
      const { attempt } = tenant.admit({ ...rest, user: userId, way });
      tenant.enroll({ ...request, ...(attempt !== undefined && { attempt }) });
      tenant.confirm(request.deviceId, { manufacturer: request.manufacturer });
    });
    if (code === 'none') this.enrolled++;
    return code;
  }
}

/** Which causes a device that enrolls in this way can meet at all. */
function possible(platform: PlatformName, way: Way): readonly string[] {
  const isPersonal = way === 'user' || way === 'workProfile' || way === 'joined';
  return orderOn(platform).filter((code) => {
    if (code === 'E20') return way !== 'user' && way !== 'bulk' && way !== 'fullyManaged';
    if (code === 'E12') return way === 'bulk';
    if (['E16', 'E13', 'E14', 'E15'].includes(code)) return way === 'autopilot';
    if (code === 'E19' || code === 'E10') return isPersonal;
    if (code === 'E17') return !traits.get(platform)?.unlimitedWays?.includes(way);
    return way !== 'bulk' || code !== 'E02';
  });
}

/** Of causes that no state makes true together the first alone; what is true with another comes with it. */
function settled(chosen: readonly string[]): ReadonlySet<string> {
  const causes = new Set(chosen);
  if (causes.has('E04')) for (const code of ['E03', 'E17']) causes.delete(code); // nobody is enrolled there
  if (causes.has('E08')) causes.delete('E09');
  if (causes.has('E18')) for (const code of ['E03', 'E17']) causes.delete(code); // as set up here
  if (causes.has('E16')) causes.delete('E13'); // one import cures both
  if (causes.has('E14')) causes.delete('E15');
  return causes;
}

const firstOf = (causes: ReadonlySet<string>): string => order.find((code) => causes.has(code)) ?? 'none';

describe('who may enroll', () => {
  test('the table has the codes of E21 in their order, each of a failure that there is', () => {
    expect(admission.map(({ code }) => code)).toEqual(order);
    for (const { code, says } of admission) {
      expect(failures[code as FailureCode]).toBeDefined();
      expect(says).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('codes of other platforms cannot be provoked: with all of their causes set up the device enrolls', async () => {
    for (const platform of platforms) {
      const foreign = new Set(order.filter((code) => !orderOn(platform).includes(code)));
      for (const way of waysOf[platform] ?? []) {
        const world = new World(platform, way, foreign);
        await world.setUp();
        expect([platform, way, world.attempt()]).toEqual([platform, way, 'none']);
      }
    }
  });

  test('of all causes at once the first in the order is told, and recorded once; each is cured in turn, and then the device enrolls', async () => {
    const situation = fc
      .constantFrom(...platforms.flatMap((platform) => (waysOf[platform] ?? []).map((way) => [platform, way] as const)))
      .chain(([platform, way]) =>
        fc.tuple(fc.constant(platform), fc.constant(way), fc.subarray([...possible(platform, way)])),
      );
    await fc.assert(
      fc.asyncProperty(situation, async ([platform, way, chosen]) => {
        const causes = new Set(settled(chosen));
        const world = new World(platform, way, new Set(causes));
        await world.setUp();
        const told: string[] = [];
        for (let left = causes.size; left >= 0; left--) {
          const expected = firstOf(causes);
          expect(world.attempt()).toBe(expected);
          if (expected === 'none') break;
          told.push(expected);
          expect(world.tenant.failures().map(({ code }) => code)).toEqual(told);
          const isAnothers = causes.has('E03');
          expect(world.tenant.device('d')?.userId).toBe(isAnothers ? 'id-ben' : undefined); // nothing half enrolled
          world.cure(expected);
          causes.delete(expected);
        }
        expect(world.tenant.device('d')?.status).toBe('enrolled');
        expect(world.enrolled + world.tenant.failures().length).toBe(world.attempted);
      }),
      { numRuns: 400 },
    );
  });

  /** Those that no state makes true together on this platform: docs/rules.md has them. */
  const impossible = new Set(['E20 E12', 'E12 E02', 'E14 E15', 'E08 E09']);
  const pairs = platforms.flatMap((platform) => {
    const codes = orderOn(platform);
    return codes.slice(1).map((second, index) => [platform, codes[index] ?? '', second] as const);
  });

  test.each(pairs.filter(([, one, other]) => !impossible.has(`${one} ${other}`)))(
    '%s: with %s and %s true, the first is told, and then the other',
    async (platform, one, other) => {
      const way = (waysOf[platform] ?? []).find((each) =>
        [one, other].every((code) => possible(platform, each).includes(code)),
      );
      if (way === undefined) throw new Error(`no device meets both ${one} and ${other}`);
      const world = new World(platform, way, new Set([one, other]));
      await world.setUp();
      expect(world.attempt()).toBe(one);
      world.cure(one);
      expect(world.attempt()).toBe(one === 'E16' ? 'none' : other);
    },
  );
});

test('a refusal says what is meant, with what the core knows more than the table', async () => {
  const world = new World('windows', 'user', new Set(['E06']));
  await world.setUp();
  try {
    world.tenant.enroll(world.request);
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    expect(error.message).toBe('E06: The operating system 5.1 is not supported: 10 is the least version.');
    expect(error.hint).toMatch(/Update the operating system/);
  }
  expect(world.tenant.failures()).toHaveLength(1);
});
