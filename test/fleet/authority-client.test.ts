import { expect, it } from 'vitest';
import { createAuthorityClient } from '../../fleet/engine/authority-client.js';
import { type Script, scriptedHttp } from '../support/scripted-http.js';

function client(script: Script) {
  const http = scriptedHttp(script);
  return { http, client: createAuthorityClient('https://mdm.test', 'token', http, new AbortController().signal) };
}

const device = (deviceId: string, managedBy: string) => ({ rollcall: { deviceId, managedBy } });

it('reads who manages the devices page by page, and leaves no connection behind', async () => {
  const { client: authority, http } = client(({ url }) =>
    JSON.stringify(
      url.includes('$skiptoken=x')
        ? { value: [device('c', 'office365')] }
        : {
            value: [device('a', 'intune'), device('b', 'unknown')],
            '@odata.nextLink': 'https://elsewhere.test/v1.0/deviceManagement/managedDevices?$skiptoken=x',
          },
    ),
  );
  expect([...(await authority.managedBy())]).toEqual([
    ['a', 'intune'],
    ['b', 'unknown'],
    ['c', 'office365'],
  ]);
  // The next page is asked for where the first was: the token goes nowhere else.
  expect(http.requests.map(({ url }) => new URL(url).origin)).toEqual(['https://mdm.test', 'https://mdm.test']);
  expect(http.openSessions()).toBe(0);
});

it.each<[string, Script, RegExp]>([
  [
    'refuses in Graph’s form',
    () => ({ status: 403, body: Buffer.from('{"error":{"code":"Forbidden","message":"not you"}}') }),
    /Forbidden: not you/,
  ],
  ['refuses in another form', () => ({ status: 500, body: Buffer.from('oops') }), /oops/],
  ['answers no JSON', () => '<html>', /answered no JSON/],
  ['answers something else', () => '{"value":[{}]}', /something else than it should/],
  [
    'answers an unknown authority',
    () => JSON.stringify({ value: [device('a', 'jamf')] }),
    /something else than it should/,
  ],
])('an admin API that %s is ADMIN_REFUSED, and the connection is closed', async (_, script, why) => {
  const { client: authority, http } = client(script);
  await expect(authority.managedBy()).rejects.toMatchObject({
    code: 'ADMIN_REFUSED',
    message: expect.stringMatching(why),
  });
  expect(http.openSessions()).toBe(0);
});
