// Administration, declarations and the gate: JSON of every bad kind.
import { encodeCheckin } from '../../../protocol/apple-mdm/check-in.js';
import type { Stub } from '../ios/stub.js';
import { MiB, row, statusOf } from './row.js';

const deepJson = `{"value":${'['.repeat(200_000)}`;
const asAdmin = (stub: Stub) => ({ authorization: `Bearer ${stub.authority.adminTokens.administrator}` });
const admin = (method: string, path: string, body: string | Buffer, refusal: number, code = 'REQUEST_INVALID') =>
  row(`admin ${method} ${path}: ${String(body).slice(0, 24)} (${body.length})`, code, refusal, ({ stub, good }) => {
    const [device] = stub.authority.tenant.devices();
    const filled = path.replace('{id}', device?.id ?? '').replace('{udid}', good.udid);
    return statusOf(stub.send(filled, { method, headers: asAdmin(stub), body }));
  });
const bodies = ['{', '[]', '"text"', 'null', '\xff', deepJson, '{"a":'.repeat(100_000)];
const withBody: readonly (readonly [string, string])[] = [
  ['POST', '/v1.0/users'],
  ['PATCH', '/v1.0/deviceManagement/applePushNotificationCertificate'],
  ['POST', '/v1.0/deviceManagement/deviceConfigurations'],
  ['POST', '/stub/v1/devices/{udid}/commands'],
  ['PUT', '/stub/v1/ddm/declarations'],
  ['POST', '/stub/v1/documents'],
  ['POST', '/v1.0/deviceManagement/deviceEnrollmentConfigurations'],
  ['POST', '/beta/deviceManagement/importedDeviceIdentities/importDeviceIdentityList'],
];
const nestedBody = JSON.stringify({ kind: 'native', platform: 'ios', name: 'X', body: nested(100) });
const nestedPayload = JSON.stringify({
  value: [{ Type: 'com.apple.configuration.x', Identifier: 'i', Payload: { a: nested(100) } }],
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

export const administration = [
  ...withBody.flatMap(([method, path]) => bodies.map((body) => admin(method, path, body, 400))),
  admin('POST', '/stub/v1/devices/{udid}/commands', nestedBody, 400),
  admin('PUT', '/stub/v1/ddm/declarations', nestedPayload, 400),
  admin('POST', '/v1.0/users', Buffer.alloc(MiB + 1, 0x20), 413, 'MESSAGE_TOO_LARGE'),
  admin('POST', '/stub/v1/documents', Buffer.alloc(15 * MiB, 0x20), 413, 'MESSAGE_TOO_LARGE'),
  admin('POST', '/stub/v1/documents', `{"content":"${Buffer.alloc(10 * MiB + 1).toString('base64')}"}`, 400),
  admin('POST', '/stub/v1/devices/nobody/commands', '{"kind":"lock"}', 404, 'NOT_FOUND'),
  admin('POST', '/stub/v1/devices/{udid}/commands', '{"kind":"explode"}', 400),
  row('admin: no token', 'UNAUTHORIZED', 401, ({ stub }) => statusOf(stub.send('/v1.0/organization'))),
  row('admin: a wrong token', 'UNAUTHORIZED', 401, ({ stub }) =>
    statusOf(stub.send('/v1.0/organization', { headers: { authorization: 'Bearer guess' } })),
  ),
  row('admin: a reader who changes', 'FORBIDDEN', 403, ({ stub }) =>
    statusOf(
      stub.send('/v1.0/users', {
        method: 'POST',
        headers: { authorization: `Bearer ${stub.authority.adminTokens.reader}` },
        body: '{}',
      }),
    ),
  ),
  row('an address that is none', 'NOT_FOUND', 404, ({ stub }) => statusOf(stub.send('/nothing/here'))),
  row('an address with a step out of it', 'MESSAGE_REFUSED', 400, ({ stub }) =>
    statusOf(stub.send('/documents/%2e%2e%2fca.key.pem')),
  ),
  row('another method', 'NOT_FOUND', 405, ({ stub }) => statusOf(stub.send('/mdm', { method: 'DELETE' }))),
  row('DDM: an endpoint that is none', 'DDM_MALFORMED', 400, ({ good }) => statusOf(good.declarative('a/b/c/d'))),
  row('DDM: no such declaration', 'NOT_FOUND', 404, ({ good }) => statusOf(good.declarative('declaration/asset/x'))),
  ...['garbage', '{}', '[]', `{"StatusItems":${'{"a":'.repeat(10_000)}`].map((text) =>
    row(`DDM: a status of ${text.slice(0, 20)}`, 'DDM_MALFORMED', 400, ({ good }) => {
      const message = { MessageType: 'DeclarativeManagement', UDID: good.udid, Endpoint: 'status' } as const;
      return statusOf(good.put('/checkin', encodeCheckin({ ...message, Data: Buffer.from(text) })));
    }),
  ),
  ...['garbage', '{}', '[[[[[[', `{"deviceId":1,"name":2}`].map((body) =>
    row(`the gate: ${body}`, 'REQUEST_INVALID', 400, ({ stub }) =>
      statusOf(stub.send('/resources/email', { method: 'POST', body })),
    ),
  ),
];
