import { describe, expect, it, onTestFinished } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { createLog } from '../../../base/log.js';
import { openBroker } from '../../../server-stub/mqtt/index.js';
import { rawClient } from './raw-client.js';
import { connectPacket, packet, subscribePacket } from './raw-devices.js';
import { devicePassword, freePort, openBrokerStage, until } from './stage.js';

const topicOf = (text: string): Buffer => subscribePacket(text).subarray(4, -1);

/** What a client sends that is connected, subscribed and then does this; the line that the log has of it. */
async function refusalOf(octets: Buffer | string, isSignedIn = true) {
  const { broker, lines, device } = await openBrokerStage();
  const witness = await device('witness');
  const client = await rawClient(broker.port ?? 0);
  if (isSignedIn) {
    client.send(connectPacket('h0001'));
    await until(() => client.packets.length === 1);
  }
  client.send(octets);
  await client.closed;
  await until(() => broker.figures().connections === 1);
  broker.publish('witness', '{messageType: "reboot"}'); // nobody else is disturbed
  await until(() => witness.received.length === 1);
  expect(lines).toHaveLength(1);
  const [{ event, server, remote, reason } = {}] = lines;
  expect([server, remote]).toEqual(['mqtt', '127.0.0.1']);
  return `${event}: ${reason}`;
}

describe('our broker closes the connection, says why in one line, and disturbs nobody', () => {
  it('at something that is no MQTT, or does not begin with CONNECT', async () => {
    expect(await refusalOf(Buffer.from('GET / HTTP/1.1\r\n\r\n'), false)).toBe(
      'MESSAGE_REFUSED: the first packet is no CONNECT',
    );
    expect(await refusalOf('c000', false)).toBe('MESSAGE_REFUSED: the first packet is no CONNECT');
    expect(await refusalOf('16030100c8', false)).toBe('MESSAGE_REFUSED: flags 6 in a packet of type 1'); // TLS
  });

  it('at a second CONNECT', async () => {
    expect(await refusalOf(connectPacket('h0001'))).toBe('MESSAGE_REFUSED: a second CONNECT');
  });

  it('at packets that no client sends, and at wrong flags', async () => {
    expect(await refusalOf('20020000')).toBe('MESSAGE_REFUSED: no client sends a packet of type 2');
    expect(await refusalOf('f000')).toBe('MESSAGE_REFUSED: no client sends a packet of type 15');
    expect(await refusalOf('8000')).toBe('MESSAGE_REFUSED: flags 0 in a packet of type 8');
    expect(await refusalOf('36050001610001')).toBe('MESSAGE_REFUSED: a PUBLISH of QoS 3');
  });

  it('at packets that are larger than it takes, before they have come', async () => {
    expect(await refusalOf('10ffff7f', false)).toBe('MESSAGE_TOO_LARGE: a packet of 2097151 octets, more than 8192');
    expect(await refusalOf('30ffffff7f')).toBe('MESSAGE_TOO_LARGE: a packet of 268435455 octets, more than 262144');
    expect(await refusalOf('82ff7f')).toBe('MESSAGE_TOO_LARGE: a packet of 16383 octets, more than 8192');
    expect(await refusalOf('30ffffffff7f')).toBe('MESSAGE_REFUSED: the remaining length has more than four octets');
  });

  it('at topics with wildcards, without a name, or that are no text', async () => {
    for (const topic of ['#', 'a/+', '', 'a\u0000b']) {
      expect(await refusalOf(packet(0x30, topicOf(topic), Buffer.from('x'))), topic).toMatch(/^MESSAGE_REFUSED: /);
    }
  });

  it('at packets whose inside is not as long as they say', async () => {
    for (const octets of ['820200010000', '30020009', '8206000100ff6161', '620100', '102000044d515454']) {
      const isSignedIn = !octets.startsWith('10');
      const padded = octets.startsWith('10') ? Buffer.concat([Buffer.from(octets, 'hex'), Buffer.alloc(64)]) : octets;
      expect(await refusalOf(padded, isSignedIn), octets).toMatch(/^MESSAGE_REFUSED: /);
    }
  });

  it('at another protocol than MQTT 3.1 and 3.1.1', async () => {
    const five = Buffer.from(connectPacket('h0001'));
    five[8] = 5;
    expect(await refusalOf(five, false)).toMatch(/^MESSAGE_REFUSED: /);
    const none = Buffer.from(connectPacket('h0001'));
    none.write('XXXX', 4);
    expect(await refusalOf(none, false)).toMatch(/^MESSAGE_REFUSED: /);
  });
});

describe('our broker ends', () => {
  it('a connection whose CONNECT does not come in time, or never ends', async () => {
    const { broker, networkClock, lines } = await openBrokerStage();
    const silent = await rawClient(broker.port ?? 0);
    const slow = await rawClient(broker.port ?? 0);
    slow.send(connectPacket('h0001').subarray(0, 20));
    await until(() => broker.figures().connections === 2);
    await networkClock.advance(14_999);
    expect([silent.isClosed, slow.isClosed]).toEqual([false, false]);
    await networkClock.advance(1);
    await Promise.all([silent.closed, slow.closed]);
    expect(lines.map(({ reason }) => reason)).toEqual(['no CONNECT came in time', 'no CONNECT came in time']);
  });

  it('a connection that is silent for one and a half times its keepalive, and no other', async () => {
    const { broker, networkClock, lines } = await openBrokerStage();
    const dead = await rawClient(broker.port ?? 0);
    const alive = await rawClient(broker.port ?? 0);
    const without = await rawClient(broker.port ?? 0);
    dead.send(connectPacket('dead', { keepalive: 60 }));
    alive.send(connectPacket('alive', { keepalive: 60 }));
    without.send(connectPacket('without', { keepalive: 0 }));
    await until(() => [dead, alive, without].every(({ packets }) => packets.length === 1));
    await networkClock.advance(80_000);
    alive.send('c000');
    dead.send('c0'); // not a whole packet
    await until(() => alive.packets.length === 2);
    await networkClock.advance(10_000);
    await dead.closed;
    await networkClock.advance(79_999);
    expect([alive.isClosed, without.isClosed]).toEqual([false, false]);
    await networkClock.advance(1);
    await alive.closed;
    await networkClock.advance(86_400_000);
    expect(without.isClosed).toBe(false);
    expect(lines.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 2 }, () => 'nothing was heard of it for one and a half times its keepalive'),
    );
  });

  it('the older of two connections with one client id', async () => {
    const { broker, device } = await openBrokerStage();
    const older = await rawClient(broker.port ?? 0);
    older.send(connectPacket('h0001'));
    await until(() => older.packets.length === 1);
    const newer = await device('h0001');
    await older.closed;
    broker.publish('h0001', '{messageType: "reboot"}');
    await until(() => newer.received.length === 1);
    expect(broker.figures()).toMatchObject({ connections: 1, sessions: 1 });
  });

  it('every connection when it is closed', async () => {
    const { broker, device } = await openBrokerStage();
    const one = await device('h0001');
    const half = await rawClient(broker.port ?? 0);
    const gone = new Promise<void>((resolve) => one.client.once('close', () => resolve()));
    await broker.close();
    await Promise.all([gone, half.closed]);
    expect(broker.figures()).toMatchObject({ sessions: 0, connections: 0 });
    await broker.close(); // again: nothing is left to do
    broker.publish('h0001', '{messageType: "reboot"}');
  });

  it('those that have proven least where there are too many', async () => {
    const { broker, lines, networkClock, device } = await openBrokerStage({ maxConnections: 8 });
    const one = await device('h0001');
    const others = [];
    for (let n = 0; n < 6; n++) others.push(await rawClient(broker.port ?? 0));
    await until(() => broker.figures().connections === 7);
    await networkClock.advance(3_000);
    const late = await device('h0002');
    broker.publish('h0001', '{messageType: "reboot"}');
    broker.publish('h0002', '{messageType: "reboot"}');
    await until(() => one.received.length === 1 && late.received.length === 1);
    expect(others.some(({ isClosed }) => isClosed)).toBe(true);
    expect(lines).toMatchObject([{ event: 'CONNECTIONS_FULL', server: 'mqtt', max: 8 }]);
  });
});

it('a port that another program has is said to be taken', async () => {
  const { broker } = await openBrokerStage();
  const options = { clock: manualClock(), log: createLog({ level: 'silent' }), devicePassword };
  await expect(openBroker({ ...options, port: broker.port ?? 0 })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  const other = await openBroker({ ...options, port: await freePort() });
  onTestFinished(() => other.close());
});
