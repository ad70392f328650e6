import { connect as connectTcp } from 'node:net';
import { expect, it } from 'vitest';
import { createPorts } from '../../agent/index.js';
import type { TracedExchange, TracedMessage } from '../../base/trace.js';
import { textTrace } from '../../protocol/traced.js';
import { eventually } from '../support/eventually.js';
import { type Client, enrolledClient, openStub } from './ios/stub.js';

function watch() {
  const exchanges: TracedExchange[] = [];
  const messages: TracedMessage[] = [];
  let text = '';
  const shown = textTrace((more) => {
    text += more;
  });
  const trace = {
    exchanged(exchange: TracedExchange) {
      exchanges.push(exchange);
      shown.exchanged(exchange);
    },
    messaged(message: TracedMessage) {
      messages.push(message);
      shown.messaged?.(message);
    },
  };
  return { trace, exchanges, messages, text: () => text };
}

it('tells of each request to the stub with its answer, and shows no secret of an enrollment and its commands', async () => {
  const { trace, exchanges, text } = watch();
  const stub = await openStub({ trace });
  const client = await enrolledClient(stub);
  stub.authority.tenant.queue(client.udid, { kind: 'lock' });
  const { command } = await client.connect();
  await client.connect({ status: 'Acknowledged', commandUuid: command?.CommandUUID ?? '' });
  const administrator = { authorization: `Bearer ${stub.authority.adminTokens.administrator}` };
  await stub.send('/v1.0/users?$top=1', { headers: administrator });
  await stub.send('/nowhere');
  await eventually(() => exchanges.at(-1)?.url === `${stub.authority.url}/nowhere`);
  expect(exchanges.map(({ method, status }) => `${method} ${status}`)).toContain('PUT 200');
  expect(exchanges.at(-1)).toMatchObject({
    side: 'server',
    method: 'GET',
    status: 404,
    remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
  });
  const shown = text();
  expect(shown).toContain('MessageType: "Authenticate"');
  expect(shown).toContain('RequestType: "DeviceInformation"');
  expect(shown).toContain('SCEP PKCSReq (19)');
  expect(shown).toMatch(/Mdm-Signature|mdm-signature: CMS signed data \(detached\)/);
  const { adminTokens } = stub.authority;
  const secrets = [
    client.magic,
    client.token.toString('base64'),
    client.token.toString('hex'),
    adminTokens.administrator,
  ];
  for (const secret of [...secrets, Buffer.from('unlock me').toString('base64')]) expect(shown).not.toContain(secret);
  expect(shown.match(/\[secret\]/g)?.length).toBeGreaterThan(5);
});

it('tells of a request that was cut off, and of one that was too large', async () => {
  const { trace, exchanges } = watch();
  const { authority, send } = await openStub({ trace, tls: false });
  const socket = connectTcp(Number(new URL(authority.url).port), '127.0.0.1');
  socket.end('PUT /checkin HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
  await eventually(() => exchanges.length === 1);
  expect(exchanges).toMatchObject([{ method: 'PUT', url: 'http://x/checkin', code: 'UNANSWERED' }]);
  expect((await send('/checkin', { method: 'PUT', body: Buffer.alloc(2_000_000) })).status).toBe(413);
  await eventually(() => exchanges.length === 2);
  expect(exchanges.at(-1)).toMatchObject({ method: 'PUT', status: 413 });
});

it('tells of notifications from senders and to devices, on both sides', async () => {
  const server = watch();
  const device = watch();
  const stub = await openStub({ trace: server.trace });
  const client: Client = await enrolledClient(stub);
  const { authority } = stub;
  const made = await createPorts({ ca: authority.caPem, pushUrl: authority.pushUrl, trace: device.trace });
  const ask = { way: 'push-service', address: client.token.toString('hex') };
  await made.ports.wake?.ask(ask, () => true);
  authority.tenant.queue(client.udid, { kind: 'lock' });
  await eventually(() => device.messages.length >= 4);
  await eventually(() => server.messages.length === device.messages.length);
  const kinds = ({ direction, body }: TracedMessage) => `${direction} ${JSON.parse(Buffer.from(body).toString()).type}`;
  expect(device.messages.map(kinds).slice(0, 4)).toEqual([
    'sent register',
    'received registered',
    'received notification',
    'sent received',
  ]);
  expect(server.exchanges.some(({ status, url }) => status === 101 && url.endsWith('/push'))).toBe(true);
  expect(device.text()).toContain('payload: "{\\"mdm\\":\\"[secret]\\"}"');
  for (const { text } of [device, server]) {
    expect(text()).not.toContain(client.magic);
    expect(text()).not.toContain(client.token.toString('hex'));
  }
  await made.close();
});
