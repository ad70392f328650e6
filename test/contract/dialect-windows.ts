import { decodeSyncMl } from '../../protocol/syncml/read.js';
import { type WindowsHandle, windows } from '../../server-stub/windows/dialect.js';
import type { AnyStub, Reply } from '../server-stub/ios/stub.js';
import {
  enrolledClient,
  faultOf,
  passwordOf,
  paths,
  soap,
  tokenOf,
  WindowsClient,
} from '../server-stub/windows/client.js';
import type { DialectDevice, DialectHarness } from './dialect.js';

const clients = new Map<string, WindowsClient>();
let bulkToken = '';

/** The device as it speaks to this stub, which may be one that was started again. */
function clientOf({ id }: Pick<DialectDevice, 'id'>, stub: AnyStub): WindowsClient {
  const client = clients.get(id);
  if (client === undefined) throw new Error(`no device ${id}`);
  if (client.stub === stub) return client;
  const moved = client.at(stub);
  clients.set(id, moved);
  return moved;
}

const handleOf = ({ authority }: AnyStub): WindowsHandle =>
  (authority as unknown as { readonly windows: WindowsHandle }).windows;

export const windowsHarness: DialectHarness = {
  dialect: windows,

  async enroll(stub, user) {
    const client = await enrolledClient(stub, user);
    clients.set(client.deviceId, client);
    const device = { id: client.deviceId };
    let last = 0;
    return {
      ...device,
      checkIn: async (at) => !(await clientOf(device, at).session()).isDisowned,
      async wakes(at) {
        const count = handleOf(at).wakes(client.deviceId);
        if (count > 0 || at !== stub) last = count;
        return last; // who has left is counted no more
      },
    };
  },

  async begin(stub, user) {
    const client = new WindowsClient(stub);
    const fault = faultOf(await client.enroll(passwordOf(user)));
    if (fault !== undefined) throw new Error(`the enrollment was refused: ${fault.reason}`);
    return client.deviceId;
  },

  hostile(stub, device) {
    const client = clientOf(device, stub);
    const other = new WindowsClient(stub);
    const first = client.message(1, client.packageOne());
    const post = (body: Uint8Array | string) => ({
      method: 'POST',
      headers: { 'content-type': 'application/vnd.syncml.dm+xml' },
      body,
      client: client.tls,
    });
    const status = (code: number) => (reply: Reply) => reply.status === code;
    const header = (code: string) => (reply: Reply) => {
      if (reply.status !== 200) return false;
      const { commands } = decodeSyncMl(reply.body);
      return commands.length === 1 && commands[0]?.verb === 'Status' && commands[0].data === code;
    };
    const fault = (subcode: string, errorType?: string) => (reply: Reply) => {
      const found = faultOf(reply);
      return found?.subcode === subcode && found.detail?.errorType === errorType;
    };
    const byteOrderMark = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), first]);
    const { client: _, ...anonymous } = post(first);
    return [
      { what: 'nobody speaks', path: paths.management, send: anonymous, isRefusal: status(403) },
      {
        what: 'for another device',
        path: paths.management,
        send: post(client.message(1, client.packageOne(), { source: other.deviceId })),
        isRefusal: status(403),
      },
      { what: 'no XML', path: paths.management, send: post('hello'), isRefusal: status(400) },
      { what: 'a byte order mark', path: paths.management, send: post(byteOrderMark), isRefusal: status(400) },
      {
        what: 'a document type',
        path: paths.management,
        send: post(`<!DOCTYPE SyncML [<!ENTITY a "b">]>${first}`),
        isRefusal: status(400),
      },
      {
        what: 'the second message of no session',
        path: paths.management,
        send: post(client.message(2, client.packageOne(), { sessionId: '99' })),
        isRefusal: header('400'),
      },
      {
        what: 'the body is too large',
        path: paths.management,
        send: post(Buffer.alloc(2 * 1024 * 1024)),
        isRefusal: status(413),
      },
      { what: 'no envelope', path: paths.enrollment, send: soap('hello'), isRefusal: fault('MessageFormat') },
      {
        what: 'nobody enrolls',
        path: paths.enrollment,
        send: soap(other.request(undefined)),
        isRefusal: fault('Authentication'),
      },
      {
        what: 'somebody unknown enrolls',
        path: paths.enrollment,
        send: soap(other.request(passwordOf('nobody@elsewhere.example'))),
        isRefusal: fault('Authentication', undefined),
      },
      { what: 'a sign-in that leads nowhere', path: paths.signIn, isRefusal: status(400) },
    ];
  },

  async remember(stub) {
    bulkToken = handleOf(stub).bulkToken();
  },
  async recall(stub) {
    return faultOf(await new WindowsClient(stub).enroll(tokenOf(bulkToken))) ?? 'admitted';
  },
};
