import { createServer, type ServerResponse } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { agentError } from '../../agent/errors.js';
import { manualClock } from '../../base/clock.js';
import { adminHttp, createAuthorityClient } from '../../fleet/engine/authority-client.js';
import { listening } from '../support/brokers.js';
import { type Script, scriptedHttp } from '../support/scripted-http.js';

function client(script: Script) {
  const http = scriptedHttp(script);
  return { http, client: createAuthorityClient('https://mdm.test', 'token', http, new AbortController().signal) };
}

let page = 0;
const nextPage = () => `https://mdm.test/v1.0/deviceManagement/managedDevices?$skiptoken=${++page}`;
const device = (deviceId: string, managedBy: string) => ({ id: `row-${deviceId}`, rollcall: { deviceId, managedBy } });

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
    'answers a million numbers',
    () => JSON.stringify({ value: Array(9_999).fill(1) }),
    /something else than it should: Invalid input: expected object, received number$/,
  ],
  [
    'answers too many on a page',
    () => JSON.stringify({ value: Array(10_001).fill(device('a', 'intune')) }),
    /10001 devices/,
  ],
  ['answers what is nested without end', () => `{"value":${'['.repeat(1000)}${']'.repeat(1000)}}`, /nested deeper/],
  [
    'names no next page',
    () => JSON.stringify({ value: [], '@odata.nextLink': 'https://[' }),
    /does not lead to the next page/,
  ],
  [
    'leads elsewhere',
    () => JSON.stringify({ value: [], '@odata.nextLink': 'https://mdm.test/v1.0/users?$skiptoken=1' }),
    /does not lead to the next page/,
  ],
  [
    'leads on to the same devices for ever',
    () => JSON.stringify({ value: [device('a', 'intune')], '@odata.nextLink': nextPage() }),
    /has no end: 12 pages, 1 devices/,
  ],
  [
    'leads on to new devices for ever',
    () => JSON.stringify({ value: [device(String(++page), 'intune')], '@odata.nextLink': nextPage() }),
    /has no end: 10000 pages/,
  ],
  [
    'answers without end',
    () => {
      throw agentError('HTTP_TOO_LARGE', 'more than 16777216 bytes');
    },
    /more than 16777216 bytes/,
  ],
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

it('waits a quarter of an hour for a move of the clock, and a minute for anything else', async () => {
  const asked: ((response: ServerResponse) => void)[] = [];
  const server = createServer((_, response) => asked.shift()?.(response));
  const port = await listening(server);
  onTestFinished(() => void server.close());
  const clock = manualClock();
  const http = adminHttp({ allowHttp: true, clock });
  const authority = createAuthorityClient(`http://127.0.0.1:${port}`, 'token', http, new AbortController().signal);
  const arrives = () => new Promise<ServerResponse>((resolve) => asked.push(resolve));
  const slow = arrives();
  const moved = authority.advanceClock(1);
  await slow;
  await clock.advance(14 * 60_000);
  (await slow).end('{}');
  await moved;
  const never = arrives();
  const reading = authority.clock();
  await never;
  await Promise.all([
    expect(reading).rejects.toMatchObject({ code: 'TRANSPORT_LOST', details: { timeoutMs: 60_000 } }),
    clock.advance(60_000),
  ]);
});
