import { describe, expect, test } from 'vitest';
import { readTenantFile } from '../../../server-stub/index.js';
import { bearer, openAdmin, tokens } from './support.js';

const path = '/stub/v1/tenant';
const file = `
version: 1
displayName: Fabrikam
domain: fabrikam.example
authority: office365
settings: { checkInEvery: 4h }
licences: { SPB: 3 }
users:
  - { upn: ada@fabrikam.example, licences: [SPB], groups: [Staff], password: swordfish }
  - { upn: ben@fabrikam.example, licences: [SPB] }
profiles:
  - { name: Office, authority: office365, kind: wifi, passphrase: secret words, assign: { groups: [Staff] } }
  - { name: Own, authority: office365, kind: wifi, passphrase: "{{secret}}" }
`;

/** Who may enroll. */
const whoMay = `
enrollment:
  minimumCompanyPortal: { ios: "5.2400" }
  restrictions:
    - { groups: [Staff], ios: { osMinimum: "17.0", personal: allow }, deviceLimit: 3 }
    - { default: true, windows: { personal: block } }
corporateDevices: [{ serial: SER-1, description: Ada’s }]
autopilot: [{ serial: PC-1, profile: Office PC, user: ben@fabrikam.example }]
autopilotProfiles: [{ name: Office PC, mode: userDriven }]
bulkTokens: [{ name: warehouse, expires: 2026-12-31 }, { name: shop, expires: 2026-12-31, token: wormhole }]
consents: { applePush: withdrawn }
`;

async function stand(text = file) {
  const bench = await openAdmin(readTenantFile(text));
  const get = async (query = ''): Promise<string> => {
    const answer = await fetch(`${bench.url}${path}${query}`, bearer(tokens.administrator));
    expect(answer.headers.get('content-type')).toBe('application/yaml');
    return answer.text();
  };
  const put = (body: string, token = tokens.administrator) =>
    bench.raw(path, { method: 'PUT', body, ...bearer(token) });
  const enroll = () => {
    const userId = bench.tenant.user('ada@fabrikam.example')?.id ?? '';
    bench.tenant.enroll({ platform: 'windows', deviceId: 'd', serial: 'S', userId });
    bench.tenant.confirm('d');
  };
  return { ...bench, get, put, enroll };
}

describe('GET and PUT /stub/v1/tenant', () => {
  test('tell the tenant without its secrets, or with them', async () => {
    const { get, raw } = await stand();
    const hidden = await get();
    expect(hidden).toContain('displayName: Fabrikam');
    expect(hidden).toContain('{{secret}}');
    expect(hidden).not.toMatch(/swordfish|secret words/);
    expect(await get('?secrets=1')).toMatch(/swordfish[\s\S]*secret words/);
    expect((await raw(`${path}?secrets=yes`, bearer(tokens.administrator))).status).toBe(400);
  });

  test('are the administrator’s alone', async () => {
    const { put, raw } = await stand();
    for (const token of [tokens.reader, tokens.helpDesk]) {
      expect((await raw(path, bearer(token))).status).toBe(403);
      expect((await put(file, token)).status).toBe(403);
    }
  });

  test('what was told is taken again and changes nothing, with secrets and without', async () => {
    const { get, put } = await stand();
    const before = await get('?secrets=1');
    for (const query of ['', '?secrets=1']) {
      expect(await put(await get(query))).toMatchObject({ status: 200, body: { changed: [] } });
    }
    expect(await get('?secrets=1')).toBe(before);
  });

  test('a file with mistakes is refused with all of them, and changes nothing', async () => {
    const { get, put } = await stand();
    const before = await get('?secrets=1');
    const { status, body } = await put('authorty: intune\nusers: [{ upn: x }]\nmigrations: {}');
    expect(status).toBe(400);
    expect(
      body.error.details.map(({ target, line, column }: Record<string, unknown>) => [target, line, column]),
    ).toEqual([
      ['authorty', 1, 1],
      ['users[0].upn', 2, 16],
      ['migrations', 3, 1],
    ]);
    expect(body.error.message).toMatch(/did you mean authority\?/);
    expect((await put('')).status).toBe(400);
    expect((await put(`domain: "\${env:PATH}"`)).body.error.message).toMatch(/may refer to others/);
    const stranger = file.replace('ben@', 'eve@').replace('licences: [SPB] }', 'licences: [SPB], password: (secret) }');
    expect((await put(stranger)).body.error.details).toMatchObject([{ target: 'users[1].password' }]);
    expect(await get('?secrets=1')).toBe(before);
  });

  test('values that are no texts where names are expected are mistakes, and no failure of the stub', async () => {
    const { put } = await stand();
    const nameless = '{ toString: 1, valueOf: 1 }';
    for (const body of [
      `users: [{ upn: ${nameless} }, { id: ${nameless}, upn: a@b }, 5, [], null]`,
      `profiles: [{ name: ${nameless}, authority: ${nameless}, platforms: [${nameless}] }, { profile: [] }]`,
      'users: &all [*all]',
    ]) {
      expect((await put(body)).status).toBe(400);
    }
  });

  test('while a device is enrolled, what has a call of its own is refused by name and the rest is not done either', async () => {
    const { get, put, enroll } = await stand();
    enroll();
    const before = await get('?secrets=1');
    const changed = file
      .replace(
        'authority: office365\nsettings: { checkInEvery: 4h }',
        'authority: intune\nsettings: { checkInEvery: 1h }',
      )
      .replace('groups: [Staff], password', 'groups: [Board], password')
      .replace('ben@', 'eve@');
    const { status, body } = await put(changed);
    expect([status, body.error.code]).toEqual([409, 'Conflict']);
    expect(body.error.details.map(({ target }: Record<string, unknown>) => target)).toEqual([
      'settings',
      'authority',
      'users',
    ]);
    expect(await get('?secrets=1')).toBe(before);
    expect((await put('authority: none')).body.error.details[0].message).toMatch(/A3/);
  });

  test('profiles, and people without devices, are changed under enrolled devices, which are notified', async () => {
    const { put, tenant, session, notified, enroll } = await stand();
    enroll();
    session('d');
    notified();
    const { body } = await put(file.replace('secret words', 'other words').replace('ben@', 'eve@'));
    expect(body.changed.sort()).toEqual(['profiles', 'users']);
    await expect.poll(() => notified()).toEqual(['d']);
    expect(session('d')).toEqual(['+Office']);
    expect(tenant.user('ben@fabrikam.example')).toBeUndefined();
    expect(tenant.licences()).toMatchObject([{ sku: 'SPB', bought: 3, consumed: 2 }]);
    const audit = tenant.auditEntries().filter(({ activity }) => activity === 'replaceTenant');
    expect(audit.length).toBeGreaterThan(0);
  });

  test('who may enroll is changed under enrolled devices; a bulk token that is not said stays', async () => {
    const { get, put, tenant, enroll } = await stand(`${file}${whoMay}`);
    enroll();
    const { body: same } = await put(await get());
    expect(same).toEqual({ changed: [] });
    expect(await get()).not.toMatch(/wormhole/);
    const made = tenant.bulkTokens().map(({ token }) => token);
    const { status, body } = await put(
      `${file}
enrollment: { deviceLimit: 4, minimumOs: { ios: "17.0" }, restrictions: [{ default: true, android: { platform: block } }] }
corporateDevices: [{ serial: ser-1 }, { serial: SER-2 }]
bulkTokens: [{ name: warehouse, expires: 2027-01-01 }]
bms: { exclude: [Staff] }
roles: []
`,
    );
    expect([status, [...body.changed].sort()]).toEqual([
      200,
      ['autopilot', 'autopilotProfiles', 'bms', 'bulkTokens', 'consents', 'corporateDevices', 'enrollment'],
    ]);
    expect(body.notEmulated).toMatchObject([{ target: 'roles', line: 19, column: 1 }]);
    expect(tenant.bulkTokens()).toMatchObject([{ token: made[0], expiresAt: Date.parse('2027-01-01') }]);
    expect(tenant.settings).toMatchObject({ deviceLimitPerUser: 4, minimumOs: { ios: '17.0' } });
    expect(tenant.restrictions()).toMatchObject([{ id: 'default', platforms: { android: { blocked: true } } }]);
    expect(tenant.corporateDevices().map(({ value }) => value)).toEqual(['ser-1', 'SER-2']);
    expect([tenant.autopilotDevices(), tenant.autopilotProfiles()]).toEqual([[], []]);
    expect(tenant.consent('applePush')).toMatchObject({ given: true, by: expect.stringMatching(/./) });
    expect(tenant.bms().exclusions).toEqual([tenant.groups()[0]?.id]);
    expect((await put(await get())).body).toEqual({ changed: [] });
    const { body: back } = await put(await get('?secrets=1'));
    expect(back).toEqual({ changed: [] });
  });

  test('A18: sccm can be what a tenant starts with, and is entered from no other authority', async () => {
    const { put, tenant } = await stand();
    const { body, status } = await put(file.replace('authority: office365\n', 'authority: sccm\n'));
    expect([status, body.error.details]).toMatchObject([409, [{ target: 'authority' }]]);
    expect([tenant.authority, tenant.changes()]).toEqual(['office365', []]);
  });

  test('without devices the whole tenant becomes another one', async () => {
    const { put, tenant } = await stand();
    const other = `
version: 1
displayName: Contoso
authority: office365
coexistence: on
licences: { INTUNE_A: 2 }
settings: { checkInEvery: 2h }
users: [{ upn: ben@fabrikam.example, licences: [INTUNE_A] }]
comanagement: [{ user: ben@fabrikam.example, serial: PC-1, workloads: [] }]
`;
    const { status, body } = await put(other);
    expect([status, [...body.changed].sort()]).toEqual([
      200,
      [
        'authority',
        'coexistence',
        'comanagement',
        'displayName',
        'domain',
        'groups',
        'id',
        'licences',
        'profiles',
        'settings',
        'users',
      ],
    ]);
    expect(tenant.config()).toMatchObject({ ...readTenantFile(other), pushCertificate: {} });
    expect(tenant).toMatchObject({ displayName: 'Contoso', authority: 'intune', coexistence: true });
    expect(tenant.changes().at(-1)).toMatchObject({
      cause: 'coexistence',
      from: 'office365',
      to: 'intune',
      toNotify: 0,
    });
    expect(tenant.profiles()).toEqual([]);
    expect((await put(other.replace('coexistence: on\n', ''))).body.error.details).toMatchObject([
      { target: 'coexistence' },
    ]);
  });

  test('profiles and people may change their names among each other', async () => {
    const { put, tenant } = await stand();
    const two = (first: string, second: string) => `
version: 1
coexistence: on
licences: { INTUNE_A: 2 }
users: [{ id: one, upn: ${first}@x.example }, { id: two, upn: ${second}@x.example }]
profiles:
  - { id: one, name: ${first}, authority: intune, kind: wifi }
  - { id: two, name: ${second}, authority: intune, kind: wifi }
`;
    expect((await put(two('a', 'b'))).status).toBe(200);
    expect((await put(two('b', 'a'))).body.changed).toEqual(['users', 'profiles']);
    expect(tenant.user('b@x.example')?.id).toBe('one');
  });
});
