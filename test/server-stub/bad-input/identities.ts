// Who may not speak, and what may not be said.
import { encodeCheckin } from '../../../protocol/apple-mdm/check-in.js';
import { encodeResult } from '../../../protocol/apple-mdm/result.js';
import { askScep, Client, enrolledClient, newClient, newKey, type Stub, signerFor, user2 } from '../ios/stub.js';
import { dayMs, row, statusOf, tagged } from './row.js';

const idle = (udid: string) => encodeResult({ udid, status: 'Idle' });
const strangerTo = (stub: Stub, like: Client): Client => {
  const key = newKey(2048);
  return new Client(stub, like.udid, like.topic, signerFor(stub, key), key.privateKey);
};

export const identities = [
  row('a message that nobody signed', 'DEVICE_IDENTITY', 400, ({ stub, good }) =>
    statusOf(stub.send('/mdm', { method: 'PUT', body: idle(good.udid) })),
  ),
  row('a signature over another message', 'DEVICE_IDENTITY', 400, ({ good }) =>
    statusOf(good.put('/mdm', idle(good.udid), { 'mdm-signature': good.signatureOf(Buffer.from('other')) })),
  ),
  row('a signature that is damaged', 'DEVICE_IDENTITY', 400, ({ good }) => {
    const body = idle(good.udid);
    const bytes = Buffer.from(good.signatureOf(body), 'base64');
    bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 0xff;
    return statusOf(good.put('/mdm', body, { 'mdm-signature': bytes.toString('base64') }));
  }),
  row('a signature cut short', 'DEVICE_IDENTITY', 400, ({ good }) => {
    const body = idle(good.udid);
    return statusOf(good.put('/mdm', body, { 'mdm-signature': good.signatureOf(body).slice(0, 600) }));
  }),
  row('a signature that is no base64', 'DEVICE_IDENTITY', 400, ({ good }) =>
    statusOf(good.put('/mdm', idle(good.udid), { 'mdm-signature': '%%%%' })),
  ),
  row('our certificate, signed for with another key', 'DEVICE_IDENTITY', 400, ({ stub, good }) =>
    statusOf(
      new Client(stub, good.udid, good.topic, good.certificate, newKey().privateKey).put('/mdm', idle(good.udid)),
    ),
  ),
  row('a foreign certificate, by signature', 'DEVICE_IDENTITY', 400, ({ stub, good }) =>
    statusOf(strangerTo(stub, good).put('/mdm', idle(good.udid))),
  ),
  row('a foreign certificate, by TLS', 'DEVICE_IDENTITY', 400, ({ stub, good }) =>
    statusOf(stub.send('/mdm', { method: 'PUT', body: idle(good.udid), client: strangerTo(stub, good).identity })),
  ),
  row('a foreign certificate at Authenticate', 'DEVICE_IDENTITY', 400, ({ stub, good }) =>
    statusOf(strangerTo(stub, good).authenticate()),
  ),
  row(
    'an expired certificate',
    'DEVICE_IDENTITY',
    403,
    (_, old: Client) => statusOf(old.put('/mdm', idle(old.udid))),
    async (stub, good) => {
      const old = await enrolledClient(stub);
      await stub.clock.advance(8 * dayMs);
      await good.connect(); // keeps its own by a renewal
      const renewed = await askScep(stub, { signer: good, request: { messageType: 'RenewalReq' } });
      Object.assign(good, { certificate: renewed.certificate, key: renewed.key.privateKey });
      await stub.clock.advance(3 * dayMs);
      await good.connect(); // the renewal that it was to be asked for is done
      return old;
    },
  ),
  row(
    "another device's certificate",
    'DEVICE_IDENTITY',
    400,
    ({ stub, good }, other: Client) =>
      statusOf(new Client(stub, good.udid, good.topic, other.certificate, other.key).tokenUpdate()),
    (stub) => enrolledClient(stub, user2),
  ),
  row(
    "another device's certificate at Authenticate and CheckOut",
    'DEVICE_IDENTITY',
    400,
    ({ stub, good }, other: Client) =>
      statusOf(new Client(stub, good.udid, good.topic, other.certificate, other.key).checkOut()),
    (stub) => enrolledClient(stub, user2),
  ),
  row(
    'a certificate that is for mail',
    'DEVICE_IDENTITY',
    400,
    ({ stub, good }, mail: { certificate: Buffer; key: Client['key'] }) =>
      statusOf(new Client(stub, good.udid, good.topic, mail.certificate, mail.key).put('/mdm', idle(good.udid))),
    async (stub, good) => {
      const source = { type: 'scep', url: '{{scepUrl}}', challenge: '{{scepChallenge}}', keySizeBits: 1024 } as const;
      const profile = {
        kind: 'certificate',
        name: 'For mail',
        role: 'identity',
        source: { ...source, subject: [[['CN', 'x']]] },
      } as const;
      stub.authority.tenant.queue(good.udid, { kind: 'install-profile', profile });
      const [told] = await good.session();
      const challenge = /<key>Challenge<\/key>\s*<string>([0-9A-F]+)</.exec(
        Buffer.from(told?.body['Payload'] as Uint8Array).toString(),
      )?.[1];
      const { certificate = Buffer.alloc(0), key } = await askScep(stub, { challenge: challenge ?? '' });
      return { certificate, key: key.privateKey };
    },
  ),
  row(
    'a device that was deleted',
    'DEVICE_UNKNOWN',
    [403, 'com.apple.unrecognized.device'],
    (_, gone: Client) => tagged(gone.put('/mdm', idle(gone.udid))),
    async (stub) => {
      const gone = await enrolledClient(stub);
      stub.authority.tenant.unenroll(gone.udid, 'deleted');
      return gone;
    },
  ),
  row(
    'a device that never enrolled',
    'DEVICE_UNKNOWN',
    [403, 'com.apple.unrecognized.device'],
    (_, fresh: Client) => tagged(fresh.put('/mdm', idle(fresh.udid))),
    (stub) => newClient(stub),
  ),
  row('a user of a device', 'MESSAGE_REFUSED', 410, ({ good }) =>
    statusOf(good.put('/checkin', encodeCheckin({ MessageType: 'UserAuthenticate', UDID: good.udid, UserID: 'U' }))),
  ),
  row('a message type of another system', 'MESSAGE_REFUSED', 400, ({ good }) =>
    statusOf(good.put('/checkin', encodeCheckin({ MessageType: 'GetBootstrapToken', UDID: good.udid }))),
  ),
  row('a TokenUpdate for another topic', 'MESSAGE_REFUSED', 400, ({ good }) =>
    statusOf(good.tokenUpdate({ Topic: 'com.apple.mgmt.External.other' })),
  ),
];
