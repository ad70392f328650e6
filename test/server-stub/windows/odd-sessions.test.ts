// What few servers or none do: WBXML, objects in chunks, a server that proves who it is, and one with the manners of several.
import { expect, it, onTestFinished } from 'vitest';
import { createDevice, createPorts, seededRandom } from '../../../agent/index.js';
import { accountUid } from '../../../agent/platform/windows/csp/dm-acc.js';
import { readWindowsData } from '../../../agent/platform/windows/saved.js';
import { silentLog } from '../../../base/log.js';
import type { TracedExchange } from '../../../base/trace.js';
import { md5Credential, readNonce } from '../../../protocol/syncml/auth.js';
import { hasMoreData } from '../../../protocol/syncml/in-messages.js';
import type { Meta, SyncMlCommand, SyncMlMessage } from '../../../protocol/syncml/message.js';
import { decodeSyncMl } from '../../../protocol/syncml/read.js';
import { decodeWbxml, encodeWbxml } from '../../../protocol/syncml/wbxml.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import type { WindowsOptions } from '../../../server-stub/windows/context.js';
import { deviceKeys } from '../../support/keys.js';
import { openStub, type Reply, user1, user2 } from '../ios/stub.js';
import { answersTo, faultOf, passwordOf, paths, soap, WindowsClient } from './client.js';

const wbxmlType = 'application/vnd.syncml.dm+wbxml';
const xmlType = 'application/vnd.syncml.dm+xml';

async function open(windows: WindowsOptions, { isEmpty = false } = {}) {
  const exchanges: TracedExchange[] = [];
  const stub = await openStub({
    ...(!isEmpty && { tenant: defaultTenant({ authority: 'office365', users: 2 }) }),
    windows,
    trace: { exchanged: (each) => void exchanges.push(each) },
  });
  const { authority, clock } = stub;
  const device = async (native: Readonly<Record<string, string | number>> = {}) => {
    const { caPem: ca, pushUrl } = authority;
    const made = await createPorts({
      clock,
      log: silentLog,
      ca,
      pushUrl,
      keys: deviceKeys(2),
      http: { connections: 'shared' },
    });
    onTestFinished(() => made.close());
    const ports = () => ({ ...made.ports, random: seededRandom('odd', 1) });
    const { facts } = createDevice({ platform: 'windows', ports: ports() }).state;
    const options = { facts: { native: { ...facts.native, ...native } } };
    const found = createDevice({ platform: 'windows', ports: ports(), ...options });
    onTestFinished(() => found.close());
    await found.enroll({ authority: 'stub', url: `${authority.url}${paths.discovery}`, user: user1, secret: '' });
    return found;
  };
  const managed = () => exchanges.filter(({ url }) => url.includes(paths.management));
  return { stub, tenant: authority.tenant, device, managed };
}

/** A session of a client that says what it is told to, message by message. */
function talk(client: WindowsClient, header: Partial<SyncMlMessage['header']> = {}) {
  client.sessionId++;
  let msgId = 0;
  return async (commands: readonly SyncMlCommand[]) => {
    const { commands: said, header: its } = decodeSyncMl(
      (await client.say(client.message(++msgId, commands, header))).body,
    );
    return { own: said.filter(({ verb }) => verb !== 'Status'), said, cred: its.cred, msgId: String(msgId) };
  };
}

const headerStatus = (msgRef: string, data: string, chal?: Meta): SyncMlCommand => ({
  verb: 'Status',
  cmdId: '1',
  msgRef,
  cmdRef: '0',
  cmd: 'SyncHdr',
  targetRefs: [],
  sourceRefs: [],
  data,
  items: [],
  ...(chal !== undefined && { chal }),
});

it('a server with quirks enrolls a device, which gets its profiles and answers what it is asked', async () => {
  const { stub, tenant, device: newDevice, managed } = await open({ quirks: true });
  const device = await newDevice();
  await device.checkIn();
  await device.checkIn();
  const [record] = tenant.devices();
  expect(tenant.commands(record?.deviceId ?? '').filter(({ status }) => status !== 'done')).toEqual([]);
  const kinds = device.state.holdings.map(({ profile }) => profile.kind);
  expect(kinds).toEqual(expect.arrayContaining(['email', 'vpn', 'wifi', 'certificate']));
  expect(readWindowsData(device.state.link?.data).account.client?.nonce).toBe('nonce');
  const node = `./SyncML/DMAcc/${accountUid('Rollcall')}/Ext/Microsoft/DefaultEncoding`;
  const native = (name: string, body: object) =>
    tenant.queue(record?.deviceId ?? '', { kind: 'native', platform: 'windows', name, body });
  native('Replace', { uri: node, data: wbxmlType }); // counts from the next session on
  await device.checkIn();
  const { id } = native('Get', { uri: node });
  await device.checkIn();
  const found = tenant.commands(record?.deviceId ?? '').find((each) => each.id === id);
  expect(found?.outcome).toMatchObject({ data: { nodes: { [node.toLowerCase()]: wbxmlType } } });
  expect(
    managed()
      .slice(-4)
      .map(({ requestHeaders }) => requestHeaders['content-type']),
  ).toEqual([xmlType, xmlType, wbxmlType, wbxmlType]);
  expect(stub.lines()).toEqual([]);

  const client = new WindowsClient(stub);
  const fault = await stub.send(paths.enrollment, soap(client.request(passwordOf('nobody@contoso.example'))));
  expect(fault.body.toString()).toMatch(/<Action [\s\S]*<s:fault><s:code><s:value>s:receiver</);
  expect(faultOf(fault)).toMatchObject({
    code: 'receiver',
    subcode: expect.stringMatching(/^authori[sz]ation$|^authentication$/),
  });
  await client.enroll(passwordOf(user2));
  const { body } = await client.say(client.message(1, client.packageOne()));
  const { commands, isFinal } = decodeSyncMl(body);
  expect(isFinal).toBe(false);
  expect(body.toString()).toMatch(/<Status><MsgRef>1<\/MsgRef><CmdRef>0<\/CmdRef><CmdID>/);
  for (const { cmdId } of commands) expect(cmdId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  expect(commands.filter(({ verb }) => verb === 'Status')).toHaveLength(1); // none for Alerts and Replace
});

it('a device of few and small messages gets profiles in chunks, sends Results in chunks, in WBXML, and both prove who they are', async () => {
  const {
    stub,
    tenant,
    device: newDevice,
    managed,
  } = await open({
    encoding: 'wbxml',
    mutual: true,
    auth: 'md5',
    maxMessageBytes: 3000,
  });
  const device = await newDevice({ LargeObject: 'chunk', MaxMsgSize: 3000 });
  await device.checkIn();
  const [record] = tenant.devices();
  const deviceId = record?.deviceId ?? '';
  expect(tenant.commands(deviceId).filter(({ status }) => status !== 'done')).toEqual([]);
  expect(device.state.holdings.map(({ profile }) => profile.kind)).toEqual(
    expect.arrayContaining(['email', 'vpn', 'wifi']),
  );
  const longName = 'Ä'.repeat(50) + '<&>'.repeat(1500);
  const native = (name: string, body: object) =>
    tenant.queue(deviceId, { kind: 'native', platform: 'windows', name, body });
  const uri = './Device/Vendor/MSFT/DMClient/Provider/Rollcall/HelpWebsite';
  const set = native('Replace', { uri, data: longName });
  const got = native('Get', { uri });
  const size = native('Get', { uri: './DevDetail/LrgObj' });
  await device.checkIn();
  const outcomeOf = (id: string) => tenant.commands(deviceId).find((each) => each.id === id)?.outcome;
  expect(outcomeOf(set.id)).toMatchObject({ status: 'done' });
  expect(outcomeOf(got.id)).toMatchObject({ data: { nodes: { [uri.toLowerCase()]: longName } } });
  expect(outcomeOf(size.id)).toMatchObject({ data: { nodes: { './devdetail/lrgobj': 'true' } } });

  const all = managed().flatMap(({ requestBody, responseBody }) => [requestBody, responseBody]);
  const messages = all.map((body) => decodeWbxml(body ?? Buffer.alloc(0)));
  expect(managed().every(({ responseHeaders }) => responseHeaders?.['content-type'] === wbxmlType)).toBe(true);
  const codes = messages.flatMap(({ commands }) =>
    commands.flatMap((each) => (each.verb === 'Status' ? [each.data] : [])),
  );
  expect(new Set(codes)).toEqual(new Set(['407', '212', '200', '213']));
  expect(messages.filter(({ header }) => header.cred !== undefined).length).toBeGreaterThan(2);
  expect(stub.lines()).toEqual([]);

  // The secret of the server is another's now: it is refused, and nothing that it says is done.
  const before = device.state;
  tenant.setDialect(deviceId, { ...tenant.device(deviceId)?.dialect, serverSecret: 'of another' });
  tenant.queue(deviceId, { kind: 'rename', deviceName: 'TAKEN' });
  await expect(device.checkIn()).rejects.toMatchObject({
    code: 'AUTHORITY_REFUSED',
    message: expect.stringContaining('the server showed wrong credentials'),
  });
  expect(device.state.condition.deviceName).toBe(before.condition.deviceName);
  expect(device.state.lifecycle).toBe('enrolled');
});

it('what a client says is answered in its form, and the stub proves itself by the nonce that it was given last', async () => {
  const { stub, tenant } = await open({ mutual: true }, { isEmpty: true });
  const client = new WindowsClient(stub);
  await client.enroll(passwordOf(user1));
  expect(client.document?.application?.defaultEncoding).toBe(xmlType);
  const { name = '', secret = '', nonce = '' } = client.document?.application?.client ?? {};
  const digest = (value: string) => md5Credential(name, secret, readNonce(value));
  const challenge = (text: string): Meta => ({
    format: 'b64',
    type: 'syncml:auth-md5',
    nextNonce: Buffer.from(text).toString('base64'),
  });

  let say = talk(client);
  const first = await say(client.packageOne());
  expect(first.cred?.data).toBe(digest(nonce));
  const again = await say([headerStatus(first.msgId, '401', challenge('one'))]);
  expect(again.cred?.data).toBe(digest('b25l'));
  expect(again.own.map(({ verb }) => verb)).toEqual(first.own.map(({ verb }) => verb)); // nothing of it was carried out
  const [, ...answers] = answersTo(again.own, again.msgId, () => '200');
  tenant.queue(client.deviceId, { kind: 'rename', deviceName: 'PC-1' });
  const end = await say([headerStatus(again.msgId, '212', challenge('two')), ...answers]);
  expect([end.own.length, end.cred]).toEqual([1, undefined]); // believed for the session
  tenant.queue(client.deviceId, { kind: 'rename', deviceName: 'PC-2' });
  say = talk(client);
  const next = await say(client.packageOne());
  expect(next.cred?.data).toBe(digest('dHdv'));

  // WBXML
  const inWbxml = (body: Uint8Array): Promise<Reply> => client.say(body, false, wbxmlType);
  client.sessionId++;
  const message = decodeSyncMl(client.message(1, client.packageOne()));
  const reply = await inWbxml(encodeWbxml(message));
  expect(reply.headers['content-type']).toBe(wbxmlType);
  expect(decodeWbxml(reply.body).commands[0]).toMatchObject({ verb: 'Status', cmd: 'SyncHdr', data: '200' });
  expect((await inWbxml(Buffer.from([2, 0xa4, 1, 0x6a, 0, 0x6d]))).status).toBe(400);
  expect((await inWbxml(client.message(1, client.packageOne()))).status).toBe(400);
});

it('an object for a client of small messages comes in chunks, and Results in chunks are answered each', async () => {
  const { stub, tenant } = await open({}, { isEmpty: true });
  const client = new WindowsClient(stub);
  await client.enroll(passwordOf(user1));
  await client.session();
  const native = (name: string, body: object) =>
    tenant.queue(client.deviceId, { kind: 'native', platform: 'windows', name, body });
  const outcomeOf = (id: string) => tenant.commands(client.deviceId).find((each) => each.id === id)?.outcome;
  const data = 'x'.repeat(2500);
  const chunks: SyncMlCommand[] = [];
  const set = native('Add', { uri: './A', data });
  let say = talk(client, { meta: { maxMsgSize: 2000 } });
  let { own, msgId } = await say(client.packageOne());
  while (own.length > 0) {
    chunks.push(...own);
    const more: SyncMlCommand[] = own.some(hasMoreData)
      ? [{ verb: 'Alert', cmdId: '99', data: '1222', items: [] }]
      : [];
    ({ own, msgId } = await say([...answersTo(own, msgId, (each) => (hasMoreData(each) ? '213' : '200')), ...more]));
  }
  const items = chunks.flatMap((each) => ('items' in each ? each.items : [])).filter(({ target }) => target === './A');
  expect(items.length).toBeGreaterThan(2);
  expect(items.map(({ meta, moreData }) => [meta?.size, moreData])).toEqual([
    [2500, true],
    ...Array(items.length - 2).fill([undefined, true]),
    [undefined, undefined],
  ]);
  expect(items.map((item) => item.data).join('')).toBe(data);
  expect(outcomeOf(set.id)).toMatchObject({ status: 'done' });

  const refused = native('Add', { uri: './A', data });
  const after = native('Exec', { uri: './B' });
  say = talk(client, { meta: { maxMsgSize: 2000 } });
  ({ own, msgId } = await say(client.packageOne()));
  ({ own, msgId } = await say(answersTo(own, msgId, () => '416')));
  expect(own).toMatchObject([{ verb: 'Exec' }]);
  await say(answersTo(own, msgId, () => '200'));
  expect([outcomeOf(refused.id), outcomeOf(after.id)]).toMatchObject([{ code: '416' }, { status: 'done' }]);

  const huge = native('Add', { uri: './A', data: 'x'.repeat(60_000) });
  say = talk(client, { meta: { maxMsgSize: 1000 } });
  ({ own, msgId } = await say(client.packageOne()));
  expect(own).toEqual([]);
  expect(outcomeOf(huge.id)).toMatchObject({ status: 'failed', code: '413' });

  const got = native('Get', { uri: './A' });
  const short = native('Get', { uri: './B' });
  say = talk(client);
  ({ own, msgId } = await say(client.packageOne()));
  const [ofA, ofB] = own;
  const results = (to: SyncMlCommand | undefined, item: object): SyncMlCommand => ({
    verb: 'Results',
    cmdId: '77',
    msgRef: '1',
    cmdRef: to?.cmdId ?? '',
    items: [{ source: './A', ...item }],
  });
  let reply = await say([headerStatus('1', '200'), results(ofA, { data: 'ab', meta: { size: 4 }, moreData: true })]);
  expect(reply.said.filter((each) => each.verb === 'Status' && each.cmd === 'Results')).toMatchObject([
    { data: '213', cmdRef: '77' },
  ]);
  expect(reply.own).toMatchObject([{ verb: 'Alert', data: '1222' }]);
  reply = await say([
    headerStatus('2', '200'),
    results(ofA, { data: 'cd' }),
    results(ofB, { data: 'ab', meta: { size: 4 }, moreData: true }),
  ]);
  reply = await say([headerStatus('3', '200'), results(ofB, { data: 'too long' })]);
  expect(reply.said.filter((each) => each.verb === 'Status' && each.cmd === 'Results')).toMatchObject([
    { data: '424' },
  ]);
  expect(outcomeOf(got.id)).toMatchObject({ data: { nodes: { './a': 'abcd' } } });
  expect(outcomeOf(short.id)).toMatchObject({ status: 'failed', code: '424' });
});
