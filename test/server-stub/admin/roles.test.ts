// A19: who may do what, tried on every route with every role, over the wire.
import { beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { type RunningAuthority, startAuthority } from '../../../server-stub/index.js';
import { authorityKeys } from '../../support/keys.js';

interface Row {
  readonly method: string;
  readonly path: string;
  readonly token: boolean;
  readonly roles: readonly string[];
}

const roles = ['administrator', 'helpDesk', 'reader'] as const;
let authority: RunningAuthority;
let table: readonly Row[];

beforeAll(async () => {
  authority = await startAuthority({ tls: false, log: silentLog, newRsaKey: authorityKeys() });
  const answer = await call({ method: 'GET', path: '/stub/v1/roles' }, authority.adminTokens.reader);
  table = ((await answer.json()) as { value: readonly Row[] }).value;
  return () => authority.close();
});

/** The route, with words for its parameters that nothing is called. */
function call({ method, path }: Pick<Row, 'method' | 'path'>, token?: string): Promise<Response> {
  return fetch(authority.url + path.replaceAll(/:\w+/g, 'nobody'), {
    method,
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
}

async function statusOf(row: Row, token?: string): Promise<number> {
  const answer = await call(row, token);
  await answer.body?.cancel(); // one of them never ends
  return answer.status;
}

const told = ({ method, path }: Row) => `${method} ${path}`;

/** What a refused request must leave as it is. */
const standing = () => ({
  authority: authority.tenant.authority,
  certificate: authority.tenant.pushCertificate(),
  users: authority.tenant.users().length,
  profiles: authority.tenant.profiles().length,
  changes: authority.tenant.changes().length,
  audit: authority.tenant.auditEntries().length,
});

describe('the table of routes and roles', () => {
  it('has every route of the admin API, those of the platforms and its own among them', () => {
    const paths = table.map(told);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toEqual(
      expect.arrayContaining([
        'POST /v1.0/organization/:id/setMobileDeviceManagementAuthority',
        'PATCH /v1.0/deviceManagement/applePushNotificationCertificate',
        'POST /stub/v1/android/files',
        'PUT /stub/v1/ddm/declarations',
        'GET /stub/v1/push/log',
        'POST /stub/v1/scep/pending/:transactionId/approve',
        'GET /stub/v1/roles',
      ]),
    );
  });

  it('lets nobody but the administrator change anything, but for the help desk, which may ask a device to come, and lock it', () => {
    const changing = table.filter(({ method, roles: who }) => method !== 'GET' && who.length > 1);
    expect(changing.map(({ method, path, roles: who }) => `${method} ${path} ${who.join(' ')}`)).toEqual([
      'POST /v1.0/deviceManagement/managedDevices/:id/syncDevice administrator helpDesk',
      'POST /v1.0/deviceManagement/managedDevices/:id/remoteLock administrator helpDesk',
      'POST /stub/v1/devices/:deviceId/notify administrator helpDesk',
    ]);
    expect(table.filter(({ roles: who }) => !who.includes('administrator'))).toEqual([]);
  });

  it('leaves coexistence, consents, BMS, faults and the tenant’s file to the administrator alone, reading too', () => {
    const alone = table.filter(({ method, roles: who }) => method === 'GET' && who.length === 1).map(told);
    expect(alone).toEqual([
      'GET /stub/v1/coexistence',
      'GET /stub/v1/consents',
      'GET /stub/v1/consents/:act',
      'GET /stub/v1/bms',
      'GET /stub/v1/bms/exclusions',
      'GET /stub/v1/tenant',
      'GET /stub/v1/faults',
      'GET /stub/v1/faults/:id',
    ]);
  });

  it('is not the help desk’s to read beyond devices, people, failures and what happens', () => {
    const seen = table.filter(({ method, roles: who }) => method === 'GET' && who.includes('helpDesk')).map(told);
    expect(seen).not.toContain('GET /v1.0/deviceManagement/deviceConfigurations');
    expect(seen).not.toContain('GET /v1.0/deviceManagement/auditEvents');
    expect(seen).toEqual(expect.arrayContaining(['GET /v1.0/users', 'GET /stub/v1/events']));
  });

  it('shows nobody’s trouble with enrolling to a reader (T4)', () => {
    const troubles = table.filter(({ path }) => /troubleshootingEvents|\/failures$/i.test(path));
    expect(troubles).toHaveLength(4); // listed once, though /beta has them too
    for (const { roles: who } of troubles) expect(who).toEqual(['administrator', 'helpDesk']);
  });

  it('refuses every route without a token with 401, and changes nothing', async () => {
    const before = standing();
    for (const row of table.filter(({ token }) => token)) {
      expect(`${told(row)} ${await statusOf(row)}`).toBe(`${told(row)} 401`);
      expect(await statusOf(row, 'a wrong token')).toBe(401);
    }
    expect(standing()).toEqual(before);
  });

  it('says in Graph’s words that nothing is at an address, or not with this method', async () => {
    const said = async (method: string, path: string) => {
      const answer = await call({ method, path }, authority.adminTokens.administrator);
      return [answer.status, ((await answer.json()) as { error: { code: string } }).error.code];
    };
    for (const root of ['/v1.0', '/beta', '/stub/v1'])
      expect(await said('GET', `${root}/nothing`)).toEqual([404, 'Request_ResourceNotFound']);
    expect(await said('PUT', '/v1.0/organization')).toEqual([405, 'BadRequest']);
    expect(await said('GET', '/nothing')).toEqual([404, 'NOT_FOUND']);
  });

  it('answers without a token where none is asked for', async () => {
    for (const row of table.filter(({ token }) => !token)) expect([401, 403]).not.toContain(await statusOf(row));
  });

  it.each(roles)('is what happens: %s', async (role) => {
    const before = standing();
    for (const row of table) {
      const status = await statusOf(row, authority.adminTokens[role]);
      const isAllowed = row.roles.includes(role);
      expect(`${told(row)} ${[401, 403].includes(status) ? status : 'allowed'}`).toBe(
        `${told(row)} ${isAllowed ? 'allowed' : 403}`,
      );
    }
    if (role !== 'administrator') expect(standing()).toEqual(before);
  });
});
