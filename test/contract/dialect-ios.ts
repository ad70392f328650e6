import { randomUUID } from 'node:crypto';
import { contentTypes } from '../../protocol/apple-mdm/http-errors.js';
import { encodeResult } from '../../protocol/apple-mdm/result.js';
import { ios } from '../../server-stub/ios/dialect.js';
import {
  type AnyStub,
  Client,
  enrolledClient,
  newClient,
  newKey,
  type Reply,
  signerFor,
} from '../server-stub/ios/stub.js';
import type { DialectDevice, DialectHarness } from './dialect.js';

const clients = new Map<string, Client>();

/** The device as it speaks to this stub, which may be one that was started again. */
function clientOf({ id }: Pick<DialectDevice, 'id'>, stub: AnyStub): Client {
  const client = clients.get(id);
  if (client === undefined) throw new Error(`no device ${id}`);
  return client.at(stub);
}

const administrator = ({ authority }: AnyStub) => ({
  authorization: `Bearer ${authority.adminTokens.administrator}`,
});

const errorCode = ({ body }: Reply): unknown => JSON.parse(body.toString('utf8')).error?.code;

export const iosHarness: DialectHarness = {
  dialect: ios,

  async enroll(stub, user) {
    const client = await enrolledClient(stub, user, randomUUID().toUpperCase());
    clients.set(client.udid, client);
    return {
      id: client.udid,
      async checkIn(at) {
        const { reply, command } = await client.at(at).connect();
        if (reply.status === 403) return false;
        if (reply.status !== 200) throw new Error(`the check-in was answered ${reply.status}`);
        let next = command;
        while (next !== undefined) {
          const done = { status: 'Acknowledged', commandUuid: next.CommandUUID } as const;
          next = (await client.at(at).connect(done)).command;
        }
        return true;
      },
      async wakes({ authority }) {
        const token = client.token.toString('hex').slice(0, 16);
        return authority.push.log().filter((each) => each.token === token).length;
      },
    };
  },

  async begin(stub, user) {
    const client = await newClient(stub, user, randomUUID().toUpperCase());
    const { status } = await client.authenticate();
    if (status !== 200) throw new Error(`Authenticate was answered ${status}`);
    return client.udid;
  },

  hostile(stub, device) {
    const client = clientOf(device, stub);
    const idle = encodeResult({ udid: client.udid, status: 'Idle' });
    const key = newKey();
    const stranger = new Client(stub, client.udid, client.topic, signerFor(stub, key), key.privateKey);
    const put = (body: Uint8Array, signature?: string) => ({
      method: 'PUT',
      headers: {
        'content-type': contentTypes.checkin,
        ...(signature === undefined ? {} : { 'mdm-signature': signature }),
      },
      body,
    });
    const signed = (body: Uint8Array) => put(body, client.signatureOf(body));
    const refused = (code: string) => (reply: Reply) => reply.status === 400 && errorCode(reply) === code;
    const deep = Buffer.from(`<plist>${'<array>'.repeat(5000)}`);
    return [
      { what: 'nobody signed it', path: '/mdm', send: put(idle), isRefusal: refused('DEVICE_IDENTITY') },
      {
        what: 'a stranger signed it',
        path: '/mdm',
        send: put(idle, stranger.signatureOf(idle)),
        isRefusal: refused('DEVICE_IDENTITY'),
      },
      {
        what: 'the signature is of something else',
        path: '/checkin',
        send: put(idle, client.signatureOf(Buffer.from('something else'))),
        isRefusal: refused('DEVICE_IDENTITY'),
      },
      {
        what: 'no property list',
        path: '/checkin',
        send: signed(Buffer.from('hello')),
        isRefusal: refused('PLIST_MALFORMED'),
      },
      { what: 'too deep', path: '/checkin', send: signed(deep), isRefusal: refused('PLIST_LIMIT') },
      {
        what: 'for another device',
        path: '/mdm',
        send: { ...signed(encodeResult({ udid: 'ANOTHER', status: 'Idle' })) },
        isRefusal: ({ status }) => status === 400 || status === 403,
      },
      {
        what: 'the body is too large',
        path: '/checkin',
        send: put(Buffer.alloc(2 * 1024 * 1024)),
        isRefusal: ({ status }) => status === 413,
      },
      { what: 'nobody enrolls', path: '/enroll/ios', isRefusal: ({ status }) => status === 401 },
      {
        what: 'somebody unknown enrolls',
        path: '/enroll/ios?user=nobody@elsewhere.example',
        isRefusal: ({ status, body }) => status === 403 && JSON.parse(body.toString('utf8')).code === 'E02',
      },
      { what: 'an address that was guessed', path: '/documents/guess', isRefusal: ({ status }) => status === 404 },
    ];
  },

  async remember(stub, device) {
    const headers = administrator(stub);
    const declaration = { Type: 'com.apple.configuration.management.test', Identifier: 't', Payload: { Echo: 'é' } };
    const declared = await stub.send('/stub/v1/ddm/declarations', {
      method: 'PUT',
      headers,
      body: JSON.stringify({ value: [declaration] }),
    });
    const content = Buffer.from('a document').toString('base64');
    const added = await stub.send('/stub/v1/documents', { method: 'POST', headers, body: JSON.stringify({ content }) });
    documents.set(device.id, new URL(JSON.parse(added.body.toString('utf8')).url).pathname);
    const report = { StatusItems: { device: { 'operating-system': { version: '18.1' } } }, Errors: [] };
    const reported = await clientOf(device, stub).declarative('status', report);
    const statuses = [declared.status, added.status, reported.status];
    if (statuses.join() !== '204,201,200') throw new Error(`it was not taken: ${statuses}`);
  },

  async recall(stub, device) {
    const paths = ['/stub/v1/ddm/declarations', `/stub/v1/ddm/status/${device.id}`, documents.get(device.id) ?? ''];
    const found: string[] = [];
    for (const path of paths) {
      const { status, body } = await stub.send(path, { headers: administrator(stub) });
      found.push(`${status} ${body.toString('utf8')}`);
    }
    return found;
  },
};

const documents = new Map<string, string>();
