import { describe, expect, it } from 'vitest';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { openAuthority } from '../../server-stub/authority.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import type { Dialect, Dialects } from '../../server-stub/dialect.js';
import * as registry from '../../server-stub/registry.js';
import { askScep, Client, fetchChallenge, openStubOf, user1, user2 } from '../server-stub/ios/stub.js';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/programs.js';
import { type DialectHarness, dialectContract } from './dialect.js';
import { androidHarness } from './dialect-android.js';
import { inventedHarness, say } from './dialect-invented.js';
import { iosHarness } from './dialect-ios.js';
import { windowsHarness } from './dialect-windows.js';
import { type InventedOptions, invented, inventedPlatform } from './invented-dialect.js';

/** What the suite must be told of each dialect. A dialect of the registry that has none here fails to load this file. */
const harnesses: Partial<Record<PlatformName, DialectHarness>> = {
  android: androidHarness,
  ios: iosHarness,
  windows: windowsHarness,
};

const dialects: readonly (readonly [string, Dialect])[] = Object.entries(registry);

/** The registry without the platform in whose place the invented one stands. */
const { [inventedPlatform]: _, ...others } = registry;

describe('the registry', () => {
  it.each(dialects)('has %s under the name of its platform', (key, dialect) => expect(dialect.name).toBe(key));
});

for (const [name, dialect] of dialects) {
  const harness = harnesses[dialect.name];
  if (harness === undefined) throw new Error(`the contract suite has no harness for ${name}`);
  dialectContract(harness);
}

dialectContract(inventedHarness);

describe('a platform that the stub has never heard of', () => {
  const dialects = { ...others, [inventedPlatform]: invented } as const;
  const open = (options: InventedOptions) =>
    openStubOf((own) => openAuthority({ ...own, [inventedPlatform]: options }, dialects));

  it('is served by one entry in the registry, with options and a handle of its own type', async () => {
    const { authority } = await open({ greeting: 'good morning' });
    expect(authority.android.greeting).toBe('good morning');
    expect(authority.ios.setDeclarations).toBeTypeOf('function');
    expect(authority.announced.map(({ platform }) => platform).sort()).toEqual(Object.keys(dialects).sort());
  });

  it('gives no certificate that would speak at the endpoints of another', async () => {
    let challenge = '';
    const granting: Dialect = {
      ...invented,
      open(services, options) {
        challenge = services.challenges.issue({ platform: inventedPlatform, purpose: 'identity' });
        return invented.open(services, options);
      },
    };
    const stub = await openStubOf((own) => openAuthority(own, { ...registry, [inventedPlatform]: granting }));
    const { key, certificate } = await askScep(stub, { challenge });
    if (certificate === undefined) return expect.unreachable();
    const { topic } = await fetchChallenge(stub, user1);
    const client = new Client(stub, 'UDID', topic, certificate, key.privateKey);
    expect((await client.authenticate()).status).toBe(400);
    expect(stub.lines()).toMatchObject([{ event: 'DEVICE_IDENTITY' }]);
    const renewed = await askScep(stub, {
      signer: { certificate, key: key.privateKey },
      request: { messageType: 'RenewalReq' },
    });
    if (renewed.certificate === undefined) return expect.unreachable();
    const again = new Client(stub, 'UDID', topic, renewed.certificate, renewed.key.privateKey);
    expect((await again.authenticate()).status).toBe(400);
    expect(stub.authority.tenant.devices()).toEqual([]);
  });

  it('wakes its devices in its own way, and none of another platform', async () => {
    const stub = await open({});
    const { tenant } = stub.authority;
    const theirs = await inventedHarness.enroll(stub, user1);
    const apple = await iosHarness.enroll(stub, user2);
    const before = await apple.wakes(stub);
    const waiting = say(stub, theirs.id, 'wait');
    await until(() => stub.authority.android.waiting() === 1);
    tenant.notify(theirs.id);
    expect((await waiting).status).toBe(200);
    expect(await apple.wakes(stub)).toBe(before);
  });

  it('may let requests wait: they are answered when the stub stops', async () => {
    const stub = await open({});
    const { id } = await inventedHarness.enroll(stub, user1);
    const waiting = say(stub, id, 'wait');
    await until(() => stub.authority.android.waiting() === 1);
    await stub.authority.close();
    expect((await waiting).status).toBe(204);
  });

  it('is given its own passcode policy of the built-in organisation and not another platform’s', async () => {
    const tenant = defaultTenant({ users: 2 }, dialects);
    const stub = await openStubOf((own) => openAuthority<Dialects>(own, dialects), { tenant });
    const asked = async (harness: DialectHarness, user: string) => {
      const { id } = await harness.enroll(stub, user);
      return stub.authority.tenant
        .commands(id)
        .flatMap(({ command }) => (command.kind === 'install-profile' ? [command.profile] : []))
        .flatMap((profile) => (profile.kind === 'configuration' ? [[profile.name, profile.type]] : []));
    };
    expect(await asked(iosHarness, user1)).toEqual([['Passcode', 'com.apple.mobiledevice.passwordpolicy']]);
    expect(await asked(inventedHarness, user2)).toEqual([['Passcode', 'invented.passcode']]);
  });

  it('leaves the devices of a data folder alone where it is served no more', async () => {
    const dataFolder = temporaryFolder();
    const before = await openStubOf((own) => openAuthority<Dialects>(own, dialects), { dataFolder });
    const { id } = await inventedHarness.enroll(before, user1);
    before.authority.tenant.queue(id, { kind: 'lock' });
    await before.authority.close();
    const after = await openStubOf((own) => openAuthority(own, others), { dataFolder, clock: before.clock });
    expect(after.authority.tenant.device(id)).toMatchObject({ status: 'enrolled' });
    const headers = { authorization: `Bearer ${after.authority.adminTokens.reader}` };
    const { body } = await after.send('/v1.0/deviceManagement/managedDevices', { headers });
    expect(JSON.parse(body.toString('utf8')).value).toMatchObject([{ operatingSystem: 'Unknown' }]);
    after.authority.tenant.unenroll(id, 'deleted');
    expect(after.lines()).toEqual([]);
  });
});

describe('dialects that do not go together', () => {
  const twice = (changes: Partial<Dialect>): Dialect => ({ ...invented, ...changes });

  it('are refused at the start where they share a table or an address', async () => {
    const table = twice({ tables: ['ios-status'] });
    await expect(openAuthority({}, { ...others, android: table })).rejects.toThrow(/table "ios-status" is both ios's/);
    const address = twice({
      async open(services, options) {
        const open = await invented.open(services, options);
        const { routes, adminRoutes, handle } = open;
        return {
          routes: [...routes, { method: 'PUT', path: '/mdm', handle: () => ({ status: 200 }) }],
          adminRoutes,
          handle,
          resume: () => {},
          wake: () => ({ result: 'sent' }),
          forget: () => {},
          announce: () => [],
          close: () => open.close(),
        };
      },
    });
    await expect(openAuthority({}, { ...others, android: address })).rejects.toThrow('two routes for PUT /mdm');
  });

  it('a dialect has no tables but those that it announces', async () => {
    const silent = twice({ tables: [] });
    await expect(openAuthority({}, { ...others, android: silent })).rejects.toThrow(/no table "android-tokens"/);
  });
});

/** Resolves once a request that was sent has come so far. */
const until = eventually;
