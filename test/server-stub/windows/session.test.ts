import { describe, expect, it } from 'vitest';
import type { SyncMlCommand } from '../../../protocol/syncml/message.js';
import { decodeSyncMl } from '../../../protocol/syncml/read.js';
import { fixture, withFixtures } from '../../support/shared.js';
import { newKey, openStub, type Reply, signerFor, user1, user2 } from '../ios/stub.js';
import { type Answer, alert, answersTo, enrolledClient, passwordOf, unenrollAlert, WindowsClient } from './client.js';

async function open() {
  const stub = await openStub();
  const client = await enrolledClient(stub, user1);
  return { stub, client, tenant: stub.authority.tenant };
}

const read = ({ body }: Reply) => decodeSyncMl(body);
const codes = (reply: Reply) =>
  read(reply).commands.flatMap((command) => (command.verb === 'Status' ? [`${command.cmd} ${command.data}`] : []));
const targets = (commands: readonly SyncMlCommand[]): unknown[] =>
  commands.map((command) => ('items' in command ? `${command.verb} ${command.items[0]?.target}` : command.verb));
const outcome = (tenant: Awaited<ReturnType<typeof open>>['tenant'], deviceId: string, id: string) =>
  tenant.commands(deviceId).find((command) => command.id === id);
const device = './Device/Vendor/MSFT';

describe('a management session', () => {
  it('begins with package 1, is answered a Status for everything, and ends when there is nothing to say', async () => {
    const { client, stub } = await open();
    client.sessionId = 0; // the first after a boot (case D1)
    const reply = await client.say(client.message(1, client.packageOne()));
    const { header, commands, isFinal } = read(reply);
    expect(header).toMatchObject({
      sessionId: '0',
      msgId: '1',
      target: client.deviceId,
      meta: { maxMsgSize: 524_288 },
    });
    expect(header.source).toBe(`${stub.authority.url}/ManagementServer/MDM.svc`);
    expect([codes(reply), commands.length, isFinal]).toEqual([
      ['SyncHdr 200', 'Alert 200', 'Alert 200', 'Replace 200'],
      4,
      true,
    ]);
    expect(reply.headers['content-length']).toBe(String(reply.body.length));
    expect((await client.session()).messages).toBe(1); // another of its name has nothing of it
  });

  it('asks the inventory in the first one, and learns from it', async () => {
    const stub = await openStub();
    const client = new WindowsClient(stub);
    await client.enroll(passwordOf(user1));
    const values: Readonly<Record<string, string>> = {
      './DevDetail/SwV': '10.0.26100.9',
      './DevDetail/Ext/Microsoft/DeviceName': 'DESKTOP-7',
      './DevInfo/Mod': 'Model 3',
      './DevDetail/Ext/Microsoft/SMBIOSSerialNumber': 'SN-7',
    };
    const answer: Answer = ({ verb }) => (verb === 'Get' ? { code: '200', results: values } : '200');
    const { commands } = await client.session(answer);
    expect(commands.map(({ verb }) => verb)).toEqual(['Replace', 'Get', 'Get']); // the channel's two come first
    const { tenant } = stub.authority;
    expect(tenant.device(client.deviceId)).toMatchObject({
      osVersion: '10.0.26100.9',
      deviceName: 'DESKTOP-7',
      model: 'Model 3',
      serial: 'SN-7',
    });
    expect(tenant.findDevices('serial', 'sn-7')).toHaveLength(1);
    expect(tenant.findDevices('serial', `SN-${client.deviceId.slice(0, 6)}`)).toEqual([]);
    expect(tenant.commands(client.deviceId)).toMatchObject([{ status: 'done', command: { kind: 'inventory' } }]);
  });

  it('says several commands in one message, and judges each by its own Status', async () => {
    const { client, tenant } = await open();
    const { deviceId } = client;
    const [lock, rename, restart, locate] = [
      tenant.queue(deviceId, { kind: 'lock', message: 'lost' }),
      tenant.queue(deviceId, { kind: 'rename', deviceName: 'PC <1> & "2"' }),
      tenant.queue(deviceId, { kind: 'restart' }),
      tenant.queue(deviceId, { kind: 'locate' }),
    ];
    const report = await client.session((command) =>
      command.verb === 'Exec' && command.items[0]?.target?.endsWith('/Lock') ? '405' : '200',
    );
    expect([report.messages, targets(report.commands)]).toEqual([
      2,
      [
        `Exec ${device}/RemoteLock/Lock`,
        'Replace ./DevDetail/Ext/Microsoft/DeviceName',
        `Exec ${device}/Reboot/RebootNow`,
      ],
    ]);
    expect(outcome(tenant, deviceId, lock.id)).toMatchObject({
      status: 'failed',
      outcome: { code: '405', reason: `Exec ${device}/RemoteLock/Lock: 405 Command not allowed` },
    });
    expect(outcome(tenant, deviceId, rename.id)).toMatchObject({ status: 'done' });
    expect(outcome(tenant, deviceId, restart.id)).toMatchObject({ status: 'done' });
    expect(outcome(tenant, deviceId, locate.id)).toMatchObject({
      status: 'failed',
      outcome: { code: 'MESSAGE_REFUSED' },
    });
  });

  it('repeats in the next one what was not answered', async () => {
    const { client, tenant } = await open();
    const { id } = tenant.queue(client.deviceId, { kind: 'lock' });
    await client.session(() => undefined);
    expect(outcome(tenant, client.deviceId, id)).toMatchObject({ status: 'sent' });
    expect(targets((await client.session()).commands)).toEqual([`Exec ${device}/RemoteLock/Lock`]);
    expect(outcome(tenant, client.deviceId, id)).toMatchObject({ status: 'done' });
  });

  it('carries native commands, with what they brought and the error that Windows names', async () => {
    const { client, tenant } = await open();
    const native = (name: string, body: object) =>
      tenant.queue(client.deviceId, { kind: 'native', platform: 'windows', name, body });
    const got = native('Get', { uri: ['./DevDetail/SwV', './DevDetail/HwV'] });
    const set = native('Replace', { uri: `${device}/X`, data: '7', format: 'int' });
    const odd = native('Get', {});
    const other = tenant.queue(client.deviceId, { kind: 'native', platform: 'ios', name: 'Get', body: { uri: './A' } });
    await client.session((command) =>
      command.verb === 'Get' ? { code: '200', results: { './DevDetail/SwV': '10.0' } } : '404',
    );
    expect(outcome(tenant, client.deviceId, got.id)).toMatchObject({
      status: 'done',
      outcome: { data: { nodes: { './devdetail/swv': '10.0' } } },
    });
    expect(outcome(tenant, client.deviceId, set.id)).toMatchObject({ outcome: { code: '404' } });
    for (const { id } of [odd, other]) {
      expect(outcome(tenant, client.deviceId, id)).toMatchObject({ outcome: { code: 'MESSAGE_REFUSED' } });
    }
  });

  it('gives the same answer to the same message, and takes its answers once', async () => {
    const { client, tenant } = await open();
    tenant.queue(client.deviceId, { kind: 'lock' });
    client.sessionId = 7;
    const first = await client.say(client.message(1, client.packageOne()));
    const own = read(first).commands.filter(({ verb }) => verb !== 'Status');
    const second = client.message(
      2,
      answersTo(own, '1', () => '200'),
    );
    const answer = await client.say(second);
    expect((await client.say(second)).body).toEqual(answer.body);
    expect(tenant.commands(client.deviceId).filter(({ status }) => status === 'done')).toHaveLength(2);
  });

  it('keeps parts of one object together, and fails a question whose answer is too large', async () => {
    const { client, tenant } = await open();
    const ask = () =>
      tenant.queue(client.deviceId, { kind: 'native', platform: 'windows', name: 'Get', body: { uri: './A' } });
    const large = ask();
    client.sessionId = 8;
    const said = read(await client.say(client.message(1, client.packageOne())));
    const get = said.commands.find(({ verb }) => verb === 'Get');
    const part = (cmdId: string, data: string, moreData?: true): SyncMlCommand => ({
      verb: 'Results',
      cmdId,
      msgRef: '1',
      cmdRef: get?.cmdId ?? '',
      items: [{ source: './A', data, ...(moreData && { moreData }) }],
    });
    const more = await client.say(
      client.message(2, [
        ...answersTo(get === undefined ? [] : [get], '1', () => '200'),
        { verb: 'Alert', cmdId: '8', data: '1222', items: [] },
        part('9', 'one ', true),
      ]),
    );
    expect(read(more).commands.at(-1)).toMatchObject({ verb: 'Alert', data: '1222' });
    await client.say(client.message(3, [...answersTo([], '2', () => '200'), part('5', 'two')]));
    expect(outcome(tenant, client.deviceId, large.id)).toMatchObject({
      outcome: { data: { nodes: { './a': 'one two' } } },
    });

    const tooLarge = ask();
    client.sessionId = 9;
    await client.say(client.message(1, client.packageOne()));
    const abort: SyncMlCommand = { verb: 'Alert', cmdId: '2', data: '1223', items: [] };
    const end = await client.say(client.message(2, [...answersTo([], '1', () => '200'), abort]));
    expect(read(end).commands.every(({ verb }) => verb === 'Status')).toBe(true);
    expect(outcome(tenant, client.deviceId, tooLarge.id)).toMatchObject({ outcome: { code: '1223' } });
  });

  it('refuses messages out of their order and sessions that are none, and goes on with the right one', async () => {
    const { client, tenant, stub } = await open();
    const { id } = tenant.queue(client.deviceId, { kind: 'lock' });
    client.sessionId = 5;
    const first = await client.say(client.message(1, client.packageOne()));
    const own = read(first).commands.filter(({ verb }) => verb !== 'Status');
    const answers = answersTo(own, '1', () => '200');
    const wrong = [
      client.message(3, answers),
      client.message(2, answers, { sessionId: '6' }),
      client.message(0, answers),
      client.message(2, answers, { msgId: 'two' }),
      client.message(1, answers), // no package 1: it has no alert
    ];
    for (const body of wrong) expect(codes(await client.say(body))).toEqual(['SyncHdr 400']);
    expect(stub.lines().map(({ event }) => event)).toEqual(Array(5).fill('MESSAGE_REFUSED'));
    expect(codes(await client.say(client.message(2, answers)))).toEqual(['SyncHdr 200']);
    expect(outcome(tenant, client.deviceId, id)).toMatchObject({ status: 'done' });
  });

  it('ignores answers to nothing, and answers what is no command of a device', async () => {
    const { client, tenant } = await open();
    tenant.queue(client.deviceId, { kind: 'lock' });
    client.sessionId = 5;
    await client.say(client.message(1, client.packageOne()));
    const get: SyncMlCommand = { verb: 'Get', cmdId: '77', items: [{ target: './A' }] };
    const unknown: SyncMlCommand = { verb: 'Unknown', name: 'Map', cmdId: '78' };
    const reply = await client.say(
      client.message(2, [...answersTo([get, { ...get, cmdId: '900' }], '1', () => '200'), get, unknown]),
    );
    expect(codes(reply)).toEqual(['SyncHdr 200', 'Get 405', 'Map 406']);
    expect(tenant.commands(client.deviceId).at(0)).toMatchObject({ status: 'sent' });
  });

  it('is refused without the certificate of the very device', async () => {
    const { client, stub } = await open();
    const other = await enrolledClient(stub, user2);
    const key = newKey();
    const body = client.message(1, client.packageOne());
    const certificate = signerFor(stub, key);
    const stranger = Object.assign(Object.create(client), { key, certificate });
    const answers = [await client.say(body, true), await other.say(body), await stranger.say(body)];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    await stub.clock.advance(366 * 24 * 3_600_000);
    expect((await client.session()).isDisowned).toBe(true); // expired
    expect(stub.lines().map(({ event }) => event)).toEqual(Array(4).fill('DEVICE_IDENTITY'));
  });

  it('takes the last word of a device that leaves, once it has gone too', async () => {
    const { client, tenant, stub } = await open();
    const { commands } = await client.session(() => '200', { more: [unenrollAlert] });
    expect([commands, tenant.devices()]).toEqual([[], []]);
    stub.lines();
    expect((await client.session(() => '200', { more: [unenrollAlert] })).commands).toEqual([]);
    expect((await client.session()).isDisowned).toBe(true);
  });

  it('retires a device by Unenroll: its own alert in a session of its own is the answer', async () => {
    const { client, tenant } = await open();
    tenant.queue(client.deviceId, { kind: 'retire' });
    const report = await client.session(() => undefined);
    expect(targets(report.commands)).toEqual([`Exec ${device}/DMClient/Provider/Rollcall/Unenroll`]);
    await client.session(() => '200', { more: [unenrollAlert] });
    expect(tenant.devices()).toEqual([]);
  });

  it('wipes a device, which is gone with its Status', async () => {
    const { client, tenant } = await open();
    tenant.queue(client.deviceId, { kind: 'wipe' });
    expect(targets((await client.session()).commands)).toEqual([`Exec ${device}/RemoteWipe/doWipe`]);
    expect(tenant.devices()).toEqual([]);
  });

  it('notes other alerts and does what it would have done', async () => {
    const { client } = await open();
    const alerted = alert('4', '1226', 'com.microsoft:mdm.oseditionupgrade', '1');
    expect(await client.session(() => '200', { more: [alerted] })).toMatchObject({ isDisowned: false, messages: 1 });
  });

  it('is the same with the bytes that a real Windows 11 sent', withFixtures, async () => {
    const stub = await openStub();
    const client = new WindowsClient(stub, { deviceId: '0123456789ABCDEF0123456789ABCDEF' });
    await client.enroll(passwordOf(user1));
    const reply = await client.say(fixture('windows/win11-26200-package1-user.xml'));
    expect(codes(reply)).toEqual(['SyncHdr 200', 'Alert 200', 'Alert 200', 'Replace 200']);
    expect(stub.authority.tenant.device(client.deviceId)).toMatchObject({
      status: 'enrolled',
      model: 'Conformance Device',
    });
    const left = await client.say(fixture('windows/win11-26200-unenroll-1226.xml'));
    expect(codes(left)).toHaveLength(5);
    expect(stub.authority.tenant.devices()).toEqual([]);
  });
});

describe('credentials in sessions', () => {
  const challenge = (reply: Reply) =>
    read(reply).commands.flatMap((command) =>
      command.verb === 'Status' && command.cmdRef === '0' ? [{ code: command.data, chal: command.chal }] : [],
    )[0];

  async function opened(windows: object) {
    const stub = await openStub({ windows });
    const client = new WindowsClient(stub);
    await client.enroll(passwordOf(user1));
    return { stub, client, tenant: stub.authority.tenant };
  }

  it('by MD5 are asked for once a session (407, then 212), with a nonce that works once', async () => {
    const { client, tenant, stub } = await opened({ auth: 'md5' });
    const asked = challenge(await client.say(client.message(1, client.packageOne())));
    expect(asked).toMatchObject({ code: '407', chal: { format: 'b64', type: 'syncml:auth-md5' } });
    expect(tenant.device(client.deviceId)).toMatchObject({ status: 'pending' });
    const nonce = asked?.chal?.nextNonce ?? '';
    const right = client.message(2, client.packageOne(), client.credential('md5', nonce));
    const reply = await client.say(right);
    expect(challenge(reply)).toMatchObject({ code: '212' });
    expect(tenant.device(client.deviceId)).toMatchObject({ status: 'enrolled' });
    client.sessionId = 2;
    const again = challenge(await client.say(client.message(1, client.packageOne(), client.credential('md5', nonce))));
    expect(again).toMatchObject({ code: '401', chal: { type: 'syncml:auth-md5' } });
    expect(again?.chal?.nextNonce).not.toBe(nonce);
    const replayed = await client.say(client.message(2, client.packageOne(), client.credential('md5', nonce)));
    expect(challenge(replayed)).toMatchObject({ code: '401' });
    expect(JSON.stringify(stub.lines())).not.toContain(client.document?.application?.appSrv?.secret);
  });

  it('may be asked for in each message, with the next nonce in each answer (200)', async () => {
    const { client, tenant } = await opened({ auth: 'md5', credentials: 'message' });
    let reply = await client.say(client.message(1, client.packageOne()));
    const first = nonceOf(reply);
    reply = await client.say(client.message(2, client.packageOne(), client.credential('md5', first)));
    expect(challenge(reply)).toMatchObject({ code: '200' });
    const own = read(reply).commands.filter(({ verb }) => verb !== 'Status');
    const answers = answersTo(own, '2', () => '200');
    const used = client.credential('md5', first);
    expect(challenge(await client.say(client.message(3, answers, used)))).toMatchObject({ code: '401' });
    const without = await client.say(client.message(4, answers));
    expect(challenge(without)).toMatchObject({ code: '407' });
    expect(tenant.commands(client.deviceId)).toMatchObject([{ status: 'sent' }]);
    await client.say(client.message(5, answers, client.credential('md5', nonceOf(without))));
    expect(tenant.commands(client.deviceId)).toMatchObject([{ status: 'done' }]);
  });

  const nonceOf = (reply: Reply) => challenge(reply)?.chal?.nextNonce ?? '';

  it('are not asked for without end', async () => {
    const { client, tenant } = await opened({ auth: 'basic' });
    const wrong = { cred: { meta: { format: 'b64', type: 'syncml:auth-basic' }, data: 'd3Jvbmc=' } };
    const said: unknown[] = [];
    for (let msgId = 1; msgId <= 4; msgId++) {
      const { code, chal } = challenge(await client.say(client.message(msgId, client.packageOne(), wrong))) ?? {};
      said.push([code, chal !== undefined]);
    }
    expect(said).toEqual([...Array(3).fill(['401', true]), ['401', false]]);
    expect(codes(await client.say(client.message(5, client.packageOne(), client.credential('basic'))))).toEqual([
      'SyncHdr 400',
    ]);
    expect(tenant.device(client.deviceId)).toMatchObject({ status: 'pending' });
  });

  it('are asked for by itself at a stub without TLS', async () => {
    const stub = await openStub({ tls: false });
    const client = new WindowsClient(stub);
    await client.enroll(passwordOf(user1));
    const asked = challenge(await client.say(client.message(1, client.packageOne()), true));
    expect(asked).toMatchObject({ code: '407', chal: { type: 'syncml:auth-md5' } });
    const right = client.message(2, client.packageOne(), client.credential('md5', asked?.chal?.nextNonce));
    expect(challenge(await client.say(right, true))).toMatchObject({ code: '212' });
    expect(stub.authority.tenant.device(client.deviceId)).toMatchObject({ status: 'enrolled' });
  });

  it('by Basic do without a certificate, where there is no TLS', async () => {
    const { client, tenant } = await opened({ auth: 'basic' });
    expect(client.document?.application?.appSrv).toMatchObject({ type: 'BASIC', name: client.deviceId });
    const reply = await client.say(client.message(1, client.packageOne(), client.credential('basic')), true);
    expect(challenge(reply)).toMatchObject({ code: '212' });
    expect(tenant.device(client.deviceId)).toMatchObject({ status: 'enrolled' });
    const unknown = client.message(1, client.packageOne(), { source: 'A'.repeat(32) });
    expect((await client.say(unknown, true)).status).toBe(403);
  });
});
