import { connect } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mqttPassword } from '../../../protocol/headwind/signature.js';
import { mostPolls, mostPushes } from '../../../server-stub/android/pushes.js';
import { temporaryFolder } from '../../support/programs.js';
import { user1, user2 } from '../ios/stub.js';
import { type AndroidStub, type Answered, configurationPath, enrolled, openAndroid, post } from './stub.js';

const poll = (stub: AndroidStub, number = 'h1') => stub.call('GET', `/rest/notification/polling/${number}`);
const legacy = async (stub: AndroidStub, number = 'h1') =>
  typesOf(await stub.call('GET', `/rest/notifications/device/${number}`, { signed: false }));
const typesOf = ({ json }: Answered): string[] =>
  (json.data as { messageType: string }[]).map(({ messageType }) => messageType);

async function open(options: Parameters<typeof openAndroid>[0] = {}): Promise<AndroidStub> {
  const stub = await openAndroid(options);
  await enrolled(stub, 'h1', user1);
  await legacy(stub);
  return stub;
}

/** An MQTT client as a launcher is one; `heard` gives the next texts. */
async function subscribed(stub: AndroidStub, number: string) {
  const client = connect(stub.android.mqttUrl, {
    clientId: number,
    username: 'hmdm',
    password: mqttPassword('changeme-C3z9vi54'),
    clean: false,
    reconnectPeriod: 0,
  });
  onTestFinished(() => void client.end(true));
  client.on('error', () => {});
  await new Promise((resolve) => client.once('connect', resolve));
  await client.subscribeAsync(number, { qos: 2 });
  const heard = (count: number) =>
    new Promise<string[]>((resolve) => {
      const texts: string[] = [];
      client.on('message', (_, payload) => {
        texts.push(String(payload));
        if (texts.length === count) resolve(texts);
      });
    });
  return { client, heard };
}

describe('a long poll', () => {
  it('is answered at once with what waits, all of it, and at most once', async () => {
    const stub = await open();
    stub.android.push('h1', { messageType: 'runApp', payload: '{"pkg":"a"}' });
    stub.android.push('h1', { messageType: 'reboot' });
    const { text, type, status } = await poll(stub);
    expect([status, type, text]).toEqual([
      200,
      'application/json',
      '{"status":"OK","message":null,"data":[{"messageType":"runApp","payload":"{\\"pkg\\":\\"a\\"}"},{"messageType":"reboot","payload":null}]}',
    ]);
    expect(await legacy(stub)).toEqual([]);
  });

  it('is held until a push comes', async () => {
    const stub = await open();
    const polling = poll(stub);
    await Promise.resolve();
    stub.authority.tenant.notify('h1');
    expect(typesOf(await polling)).toEqual(['configUpdated']);
    expect(stub.android.waiting('h1')).toEqual([]);
  });

  it('without a push is HTTP 500 after the time-out, as a page', async () => {
    const stub = await open();
    const polling = poll(stub);
    await stub.clock.advance(59_999);
    expect(stub.android.polls()).toBe(1);
    await stub.clock.advance(1);
    const { status, type } = await polling;
    expect([status, type, stub.android.polls()]).toEqual([500, 'text/html;charset=utf-8', 0]);
    expect(stub.lines()).toEqual([]); // no failure
  });

  it('that overlaps another takes its pushes, and the end of the first leaves the device without one', async () => {
    const stub = await open();
    const first = poll(stub);
    await stub.clock.advance(30_000);
    const second = poll(stub);
    await stub.clock.advance(30_000);
    expect((await first).status).toBe(500);
    stub.android.push('h1', { messageType: 'reboot' });
    expect(stub.android.waiting('h1')).toHaveLength(1); // the second is held, and is not told
    expect(typesOf(await poll(stub))).toEqual(['reboot']);
    await stub.clock.advance(30_000);
    expect((await second).status).toBe(500);
    const third = poll(stub);
    const fourth = poll(stub);
    stub.android.push('h1', { messageType: 'exitKiosk' });
    expect(typesOf(await fourth)).toEqual(['exitKiosk']);
    await stub.clock.advance(60_000);
    expect((await third).status).toBe(500);
  });

  it('of more than eight of one device ends the oldest, as if its time were over, and the newest is told', async () => {
    const stub = await open();
    const polls = Array.from({ length: mostPolls + 3 }, () => poll(stub));
    expect((await Promise.all(polls.slice(0, 3))).map(({ status }) => status)).toEqual([500, 500, 500]);
    expect(stub.android.polls()).toBe(mostPolls);
    stub.android.push('h1', { messageType: 'reboot' });
    expect(typesOf(await (polls.at(-1) as Promise<Answered>))).toEqual(['reboot']);
    await stub.clock.advance(60_000);
    expect((await Promise.all(polls)).filter(({ status }) => status === 500)).toHaveLength(mostPolls + 2);
  });

  it('is refused without the signature over its decoded path, and to a number that nobody has', async () => {
    const stub = await open();
    expect((await stub.call('GET', '/rest/notification/polling/h1', { signed: false })).status).toBe(403);
    expect((await stub.call('GET', '/rest/notification/polling/h1', { secret: 'x' })).status).toBe(403);
    expect((await poll(stub, 'h9')).status).toBe(404);
    expect((await poll(stub, 'H1')).status).toBe(404);
    await enrolled(stub, 'a b', user2);
    expect((await stub.call('GET', '/rest/notification/polling/a%20b')).status).toBe(200);
  });

  it('below a context path is signed with it', async () => {
    const stub = await openAndroid({ android: { contextPath: '/hmdm' } });
    const { headers } = { headers: { 'x-request-signature': '617EDA077EE8DD58BB18C88FE95A8659491646DF' } };
    const body = { configuration: '1' };
    const sent = await stub.call('POST', '/hmdm/rest/public/sync/configuration/h0001', {
      body,
      headers,
      signed: false,
    });
    expect(sent.json.status).toBe('OK');
    stub.android.push('h0001', { messageType: 'reboot' });
    const polls = async (signature: string) =>
      (
        await stub.call('GET', '/hmdm/rest/notification/polling/h0001', {
          headers: { 'x-request-signature': signature },
          signed: false,
        })
      ).status;
    expect(await polls('AC96972406D137CE3AA1F49D8E7DF60DDDE561D0')).toBe(403); // as in the root context
    expect(await polls('9D62B0B5355FE5351BF847D264BB72F09BE56D33')).toBe(200);
    const { text } = await stub.call('GET', '/hmdm/rest/public/qr/json/default');
    expect(JSON.parse(text)).toMatchObject({
      'com.hmdm.BASE_URL': stub.authority.url,
      'com.hmdm.SERVER_PROJECT': 'hmdm',
    });
  });

  it('ends when the stub does', async () => {
    const stub = await open();
    const polling = poll(stub);
    await stub.authority.close();
    expect((await polling).status).toBe(500);
  });

  it('is held over no longer than a connection lives', async () => {
    await expect(openAndroid({ android: { pollTimeoutMs: 111_000 } })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });
});

describe('pushes that wait', () => {
  it('are purged once an hour where they are an hour old, and are a hundred for each device, the newest (AN5)', async () => {
    const stub = await open();
    for (let count = 0; count < mostPushes + 5; count++) stub.android.push('h1', { messageType: `m${count}` });
    expect(stub.android.waiting('h1')).toHaveLength(mostPushes);
    expect(stub.android.waiting('h1')[0]?.messageType).toBe('m5');
    await stub.clock.advance(3_600_000);
    stub.android.push('h1', { messageType: 'young' });
    await stub.clock.advance(3_599_999);
    expect(stub.android.waiting('h1')).toHaveLength(1);
    await stub.clock.advance(3_600_001);
    expect(stub.android.waiting('h1')).toEqual([]);
  });

  it('are there after a restart, and those of a device that is gone are not', async () => {
    const dataFolder = temporaryFolder();
    const before = await open({ dataFolder });
    await enrolled(before, 'h2', user1);
    before.android.push('h1', { messageType: 'runApp', payload: '{}' });
    before.android.push('h2', { messageType: 'reboot' });
    before.authority.tenant.unenroll('h2', 'deleted');
    await before.authority.close();
    const after = await openAndroid({ dataFolder, clock: before.clock });
    expect(after.android.waiting('h1')).toEqual([{ messageType: 'runApp', payload: '{}' }]);
    expect(after.android.waiting('h2')).toEqual([]);
    after.android.push('h1', { messageType: 'last' });
    expect(await legacy(after)).toEqual(['runApp', 'last']);
  });

  it('go to MQTT and into the queue alike, under the number by which the device is known', async () => {
    const stub = await open();
    const { client, heard } = await subscribed(stub, 'h1');
    const both = heard(2);
    stub.authority.tenant.notify('h1');
    stub.android.push('h1', { messageType: 'runApp', payload: '{"pkg":"a"}' });
    expect(await both).toEqual(['{messageType: "configUpdated"}', '{messageType: "runApp", payload: {"pkg":"a"}}']);
    expect(await legacy(stub)).toEqual(['configUpdated', 'runApp']);
    const told = heard(1);
    stub.android.renumber('h1', 'h2');
    expect(await told).toEqual(['{messageType: "configUpdated"}']);
    client.end(true); // as a launcher does that adopts another number
    while (stub.android.broker().connections > 0) await new Promise(setImmediate);
    await stub.call('GET', configurationPath('h2'));
    const other = await subscribed(stub, 'h2');
    const last = other.heard(1);
    stub.authority.tenant.notify('h1');
    expect(await last).toEqual(['{messageType: "configUpdated"}']);
    expect(stub.android.broker().sessions).toBe(1); // that of the old number has ended
  });
});

it('what is pushed to a device may be read by every other, as at a real server, unless the stub is told to confine them', async () => {
  const granted = async (mqttConfined: boolean) => {
    const { client } = await subscribed(await openAndroid({ android: { mqttConfined } }), 'h1');
    return client.subscribeAsync('#', { qos: 2 }).then(
      ([grant]) => grant?.qos,
      () => 'refused',
    );
  };
  expect([await granted(false), await granted(true)]).toEqual([2, 'refused']);
});

describe('an administrator’s push', () => {
  it('is a command: handed over with the document, and done with the next info', async () => {
    const stub = await open();
    const { tenant } = stub.authority;
    tenant.queue('h1', { kind: 'native', platform: 'android', name: 'runApp', body: { pkg: 'a' } });
    expect(await legacy(stub)).toEqual(['configUpdated']);
    await stub.call('GET', configurationPath('h1'));
    expect(stub.android.waiting('h1')).toEqual([{ messageType: 'runApp', payload: '{"pkg":"a"}' }]);
  });

  it('of a text is done once the device says that it was delivered or read', async () => {
    const dataFolder = temporaryFolder();
    const before = await open({ dataFolder });
    const text = { kind: 'native', platform: 'android', name: 'textMessage', body: { text: 'Hello "you"' } } as const;
    const { id } = before.authority.tenant.queue('h1', text);
    await legacy(before);
    await before.call('GET', configurationPath('h1'));
    await before.call('GET', configurationPath('h1')); // it is sent once
    expect(before.android.waiting('h1')).toEqual([
      { messageType: 'textMessage', payload: '{"id":1,"text":"Hello \\"you\\""}' },
    ]);
    await before.authority.close();
    const stub = await openAndroid({ dataFolder, clock: before.clock });
    const said = async (path: string) => {
      const { status, text: body } = await stub.call('GET', `/rest/plugins/messaging/public/status/${path}`, {
        signed: false,
      });
      return status === 200 ? JSON.parse(body) : status;
    };
    const command = () => stub.authority.tenant.commands('h1').find((each) => each.id === id);
    const ok = { status: 'OK', message: null, data: null };
    expect(await said('1/0')).toEqual(ok);
    expect(await said('77/1')).toEqual(ok);
    expect(await said('1/3')).toEqual({ status: 'ERROR', message: null, data: null });
    expect(await said('x/1')).toBe(404);
    expect(command()?.status).toBe('sent');
    expect(await said('1/2')).toEqual(ok);
    expect(command()).toMatchObject({ status: 'done', outcome: { data: { status: 2 } } });
    stub.authority.tenant.queue('h1', text);
    await stub.call('GET', configurationPath('h1'));
    expect(stub.android.waiting('h1').at(-1)?.payload).toContain('"id":2');
  });
});

it('wakes each device that the core wants to come, and pending ones never', async () => {
  const stub = await open();
  await post(stub, 'h2', user1);
  const before = stub.android.wakes('h1');
  stub.authority.tenant.setAuthority('office365', 'admin');
  expect([stub.android.wakes('h1') - before, stub.android.wakes('h2')]).toEqual([1, 0]);
});
