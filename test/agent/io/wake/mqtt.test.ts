import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../../../agent/io/random.js';
import { mqttAfterLoss, mqttWay } from '../../../../agent/io/wake/mqtt.js';
import type { MqttOptions } from '../../../../agent/io/wake/mqtt-dialer.js';
import { MqttFrames } from '../../../../agent/io/wake/mqtt-frames.js';
import { ReceivedStore, type Unreleased } from '../../../../agent/io/wake/mqtt-received.js';
import type { WakeObservation } from '../../../../agent/model/ports.js';
import { manualClock } from '../../../../base/clock.js';
import { isRollcallError } from '../../../../base/errors.js';
import { memoryLog } from '../../../../base/log.js';
import type { TracedMessage } from '../../../../base/trace.js';
import { until } from '../../../contract/wake-way.js';
import { listening, openAedes, openMosquitto, openRelay } from '../../../support/brokers.js';
import { describeWith } from '../../../support/programs.js';
import { packets, scriptedBroker } from '../../../support/scripted-broker.js';
import { testPki } from '../../../support/tls.js';
import { mqttAsk } from '../../../support/wake-mqtt.js';

/** A way with one device or more, and what it told. */
function openWay(options: Partial<Parameters<typeof mqttWay>[0]> = {}) {
  const clock = manualClock();
  const log = memoryLog();
  const ready: string[] = [];
  const received: string[] = [];
  const lost: Error[] = [];
  const way = mqttWay({ clock, log, random: seededRandom('mqtt', 0), ...options })({
    ready: (address) => ready.push(address),
    received: (_, payload) => received.push(payload),
    lost: (_, cause) => lost.push(cause),
  });
  onTestFinished(() => way.close());
  return { way, clock, log, ready, received, lost };
}

/** A device that is connected to a broker of the test's own. */
async function connected(options: Partial<MqttOptions> = {}) {
  const broker = await scriptedBroker();
  const opened = openWay(options);
  const ask = mqttAsk('h0001', broker.port);
  opened.way.add(ask);
  const connection = await broker.connection(0);
  await connection.welcome();
  await until(() => opened.ready.length === 1);
  return { ...opened, broker, ask, connection };
}

/** On to the next connection after one was lost. */
const goOn = async ({ clock, log }: ReturnType<typeof openWay>) => {
  const { pauseMs } = log.lines.at(-1)?.values ?? {};
  if (typeof pauseMs === 'number') await clock.advance(pauseMs + 1);
};

it('connects each device from the address of this machine that is its own, and says how long it took', async () => {
  const { port, close, aedes } = await openAedes();
  onTestFinished(close);
  const came = new Map<string, string | undefined>();
  aedes.on('client', ({ id, conn }) => came.set(id, (conn as Socket).remoteAddress));
  const seen: WakeObservation[] = [];
  const localAddresses = ['127.0.0.8', '127.0.0.9'];
  const { way, ready } = openWay({ localAddresses, observe: (one) => seen.push(one) });
  const ids = Array.from({ length: 8 }, (_, n) => `h${n}`);
  for (const id of ids) way.add(mqttAsk(id, port));
  await until(() => ready.length === ids.length);
  expect(new Set(came.values())).toEqual(new Set(localAddresses));
  expect(seen.map(({ address }) => address).sort()).toEqual([...ready].sort());
  for (const each of seen) expect(each).toMatchObject({ operation: 'mqtt-connect', totalMs: expect.any(Number) });
});

describe('a broker that floods a device', () => {
  const flood = { packets: 50, bytes: 4_096, packetsPerSecond: 10, bytesPerSecond: 1_024 };
  const floods = ({ lost }: Pick<ReturnType<typeof openWay>, 'lost'>) =>
    lost.filter((error) => isRollcallError(error, 'PUSH_FLOOD'));

  it('is left after more tiny packets than fit at once, for 15 minutes, asked for or not', async () => {
    const opened = await connected({ flood });
    opened.connection.send(...Array.from({ length: 5_000 }, () => packets.pingresp));
    await until(() => floods(opened).length === 1);
    await until(() => opened.connection.isClosed);
    opened.way.tryAgain?.(opened.ask.address);
    opened.way.add(opened.ask);
    await opened.clock.advance(899_000);
    expect(opened.broker.connections).toHaveLength(1);
    await opened.clock.advance(Number(opened.log.lines.at(-1)?.values['pauseMs']) - 899_000 + 1);
    await (await opened.broker.connection(1)).welcome();
    await until(() => opened.ready.length === 2);
  });

  it('is left after more octets than fit, though its packets are few', async () => {
    const opened = await connected({ flood });
    const send = (n: number) => opened.connection.send(packets.publish(n, 'h0001', 'x'.repeat(100)));
    for (let n = 1; n <= 45; n++) send(n);
    await until(() => floods(opened).length === 1);
    expect(opened.received.length).toBeLessThan(45);
  });

  it('is read on where it keeps to what each second adds', async () => {
    const opened = await connected({ flood });
    for (let second = 0; second < 40; second++) {
      for (let n = 1; n <= 5; n++) {
        const id = second * 5 + n;
        opened.connection.send(packets.publish(id, 'h0001', `${id}`), packets.pubrel(id));
        await until(() => opened.received.length === id);
      }
      await opened.clock.advance(1_000);
    }
    expect(opened.lost).toEqual([]);
    expect(opened.received).toHaveLength(200);
  });
});

describe('a device that waits at an MQTT broker', () => {
  it('connects as the launcher does: MQTT 3.1.1, its number, a session that stays, the keepalive of the ask', async () => {
    const { connection, ask } = await connected();
    expect(connection.received[0]?.toString('latin1')).toBe(
      '\x10\x41\0\x04MQTT\x04\xc0\x01\x2c\0\x05h0001\0\x04hmdm\0\x28D54F553ED2EAC4DCF371B38366EBFA1B5973811A',
    );
    expect(connection.received[1]?.subarray(4).toString('latin1')).toBe('\0\x05h0001\x02');
    expect(ask.data?.['keepalive']).toBe(300);
  });

  it.each([false, true])('subscribes after each CONNACK, also where a session is there (%s)', async (isPresent) => {
    const opened = await connected();
    opened.connection.cut();
    await until(() => opened.log.lines.length === 1);
    await goOn(opened);
    await (await opened.broker.connection(1)).welcome(isPresent);
    await until(() => opened.ready.length === 2);
  });

  it('is ready when SUBSCRIBE is answered, and not before', async () => {
    const broker = await scriptedBroker();
    const { way, ready } = openWay();
    way.add(mqttAsk('h0001', broker.port));
    const connection = await broker.connection(0);
    connection.send(packets.connack(0));
    const subscribe = await connection.take(0x82);
    expect(ready).toEqual([]);
    connection.send(packets.suback(subscribe.readUInt16BE(2)));
    await until(() => ready.length === 1);
  });

  it('takes what comes between CONNACK and SUBSCRIBE, as ActiveMQ sends it, in the four steps of QoS 2', async () => {
    const broker = await scriptedBroker();
    const { way, received } = openWay();
    way.add(mqttAsk('h0001', broker.port));
    const connection = await broker.connection(0);
    await connection.take(0x10);
    connection.send(packets.connack(0), packets.publish(7, 'h0001', '{messageType: "configUpdated"}'));
    expect(await connection.take(0x50)).toEqual(packets.pubrec(7));
    connection.send(packets.publish(7, 'h0001', '{messageType: "configUpdated"}', true)); // its second copy is no second push
    expect(await connection.take(0x50)).toEqual(packets.pubrec(7));
    expect(received).toEqual([]);
    connection.send(packets.pubrel(7));
    expect(await connection.take(0x70)).toEqual(packets.pubcomp(7));
    expect(received).toEqual(['{messageType: "configUpdated"}']);
  });

  it('has a message once that was begun on one connection and released on the next', async () => {
    const opened = await connected();
    opened.connection.send(packets.publish(9, 'h0001', 'begun'));
    await opened.connection.take(0x50);
    opened.connection.cut();
    await until(() => opened.log.lines.length === 1);
    await goOn(opened);
    const next = await opened.broker.connection(1);
    await next.welcome(false); // a broker may say that there was no session, and go on with it
    next.send(packets.pubrel(9), packets.pubrel(9));
    expect(await next.take(0x70)).toEqual(packets.pubcomp(9));
    expect(await next.take(0x70)).toEqual(packets.pubcomp(9));
    expect(opened.received).toEqual(['begun']);
  });

  it('pings when its keepalive has passed, and takes a broker for lost that does not answer', async () => {
    const { connection, clock, log } = await connected();
    await clock.advance(299_000);
    expect(connection.received).toHaveLength(2);
    await clock.advance(1_001);
    expect(await connection.take(0xc0)).toEqual(packets.pingreq);
    connection.send(packets.pingresp);
    connection.send(packets.publish(1, 'h0001', 'still there'));
    await connection.take(0x50);
    await clock.advance(300_001);
    await connection.take(0xc0);
    expect(log.lines).toEqual([]);
    await clock.advance(150_001);
    await until(() => log.lines.length === 1);
    expect(log.lines[0]?.values['error']).toMatchObject({ message: 'Keepalive timeout' });
  });

  it.each([
    [2, 'it does not take this client id'],
    [4, 'user or password are malformed or wrong'],
    [5, 'this user and password may not connect'],
  ])('says why a broker refuses it (CONNACK %i), and waits as the launcher does (AN2 c)', async (code, why) => {
    const broker = await scriptedBroker();
    const { way, log, lost, clock } = openWay();
    way.add(mqttAsk('h0001', broker.port));
    const connection = await broker.connection(0);
    await connection.take(0x10);
    connection.send(packets.connack(code));
    await until(() => lost.length === 1);
    expect(lost[0]?.message).toBe(`the broker refused the connection (CONNACK ${code}): ${why}`);
    expect(log.lines).toMatchObject([{ level: 'warn', event: 'PUSH_LOST', values: { way: 'mqtt' } }]);
    await clock.advance(899_999);
    expect(broker.connections).toHaveLength(1);
    await clock.advance(90_002);
    await until(() => broker.connections.length === 2);
  });

  it('goes on where nothing listens, and at once when it is asked for again (AN2 a)', async () => {
    const broker = await scriptedBroker();
    const relay = await openRelay(() => broker.port);
    relay.serve(false);
    const { way, log, ready } = openWay();
    const ask = mqttAsk('h0001', relay.port);
    way.add(ask);
    await until(() => log.lines.length === 1);
    expect(Number(log.lines[0]?.values['pauseMs'])).toBeGreaterThanOrEqual(900_000);
    relay.serve(true);
    onTestFinished(() => relay.close());
    way.add(ask);
    await (await broker.connection(0)).welcome();
    await until(() => ready.length === 1);
    way.add(ask); // it is there: nothing more is opened
    expect(broker.connections).toHaveLength(1);
  });

  it('gives up on a broker that accepts and never answers after 30 s (AN2 b)', async () => {
    const broker = await scriptedBroker();
    const { way, clock, lost, log } = openWay();
    way.add(mqttAsk('h0001', broker.port));
    const connection = await broker.connection(0);
    await connection.take(0x10);
    await clock.advance(29_999);
    expect(lost).toEqual([]);
    await clock.advance(2);
    expect(lost.map(({ message }) => message)).toEqual(['not ready in 30000 ms']);
    expect(Number(log.lines[0]?.values['pauseMs'])).toBeGreaterThanOrEqual(900_000);
    await until(() => connection.isClosed);
  });

  it('says that SUBSCRIBE was not granted, for it would wait in vain', async () => {
    const broker = await scriptedBroker();
    const { way, lost, ready } = openWay();
    way.add(mqttAsk('h0001', broker.port));
    const connection = await broker.connection(0);
    connection.send(packets.connack(0));
    connection.send(packets.suback((await connection.take(0x82)).readUInt16BE(2), 0x80));
    await until(() => lost.length === 1);
    expect(lost[0]?.message).toMatch(/^SUBSCRIBE was not granted/);
    expect(ready).toEqual([]);
  });

  it.each([
    ['announces more than may come', Buffer.from([0x34, 0xff, 0xff, 0xff, 0x7f])],
    ['has no length', Buffer.from([0x34, 0xff, 0xff, 0xff, 0xff])],
    ['is none of MQTT', Buffer.from([0x00, 0])],
    ['has a wrong QoS', Buffer.from([0x36, 2, 0, 0])],
  ])('leaves a broker whose packet %s', async (_, octets) => {
    const { connection, log } = await connected();
    connection.send(octets);
    await until(() => log.lines.length === 1 && connection.isClosed);
  });

  it('leaves a broker that begins messages and releases none', async () => {
    const { connection, log } = await connected();
    for (let id = 1; id <= 1_001; id++) connection.send(packets.publish(id, 'h0001', 'x'));
    await until(() => log.lines.length === 1);
    expect(log.lines[0]?.values['error']).toMatchObject({ message: expect.stringContaining('unreleased') });
  });

  it('ends its connection without a word when it is paused, so that its session stays', async () => {
    const { way, ask, connection, clock } = await connected();
    way.pause?.(ask.address);
    await until(() => connection.isClosed);
    expect(connection.received.map((packet) => packet[0])).toEqual([0x10, 0x82]);
    expect(clock.pending).toBe(0);
  });

  it('unsubscribes for good when it is removed, and says goodbye once that is answered', async () => {
    const { way, ask, connection, clock } = await connected();
    way.remove(ask.address);
    const unsubscribe = await connection.take(0xa2);
    expect(unsubscribe.subarray(4).toString('latin1')).toBe('\0\x05h0001');
    connection.send(packets.unsuback(unsubscribe.readUInt16BE(2)));
    expect(await connection.take(0xe0)).toEqual(packets.disconnect);
    await until(() => connection.isClosed && clock.pending === 0);
  });

  it('forgets with that what was begun and not released', async () => {
    const { way, ask, connection, broker, received } = await connected();
    connection.send(packets.publish(9, 'h0001', 'begun'));
    await connection.take(0x50);
    way.remove(ask.address);
    way.add(ask);
    const next = await broker.connection(1);
    await next.welcome();
    next.send(packets.pubrel(9));
    await next.take(0x70);
    expect(received).toEqual([]);
  });

  it('does not wait for long for the answer to that', async () => {
    const { way, ask, connection, clock } = await connected();
    way.remove(ask.address);
    await connection.take(0xa2);
    await clock.advance(5_001);
    await until(() => connection.isClosed);
    expect(clock.pending).toBe(0);
  });

  it('has every packet traced as it is, both ways, with whose it is', async () => {
    const traced: TracedMessage[] = [];
    const trace = { exchanged: () => {}, messaged: (message: TracedMessage) => void traced.push(message) };
    const { connection, broker } = await connected({ trace });
    connection.send(packets.publish(7, 'h0001', 'x').subarray(0, 5));
    await new Promise((resolve) => setImmediate(resolve));
    connection.send(packets.publish(7, 'h0001', 'x').subarray(5), packets.pubrel(7));
    await connection.take(0x70);
    await until(() => traced.length === 8);
    expect(new Set(traced.map(({ url }) => url))).toEqual(new Set([`mqtt://127.0.0.1:${broker.port}/h0001`]));
    const of = (wanted: string) =>
      traced.flatMap(({ direction, body }) => (direction === wanted ? [Buffer.from(body)] : []));
    expect(of('sent')).toEqual(connection.received);
    expect(of('received').map((packet) => packet.toString('hex'))).toEqual([
      packets.connack(0).toString('hex'),
      expect.stringMatching(/^9003....02$/),
      packets.publish(7, 'h0001', 'x').toString('hex'),
      packets.pubrel(7).toString('hex'),
    ]);
  });

  it.each([
    ['no address', { url: 'http://127.0.0.1:1' }],
    ['no client id', { clientId: '' }],
    ['a keepalive of 70000', { keepalive: 70_000 }],
    ['a keepalive of 0', { keepalive: 0 }],
  ])('is not connected where its ask has %s', async (what, data) => {
    const { way, lost } = openWay();
    way.add(mqttAsk('h0001', 1, data));
    await until(() => lost.length === 1);
    expect(lost[0]).toMatchObject({ code: 'PUSH_LOST', message: expect.stringContaining(what) });
  });
});

describe('MQTT with TLS', () => {
  it('is spoken to a broker that is trusted, and to no other', async () => {
    const pki = testPki();
    const { aedes, close, publish } = await openAedes();
    onTestFinished(close);
    const server = createTlsServer(pki.server, aedes.handle);
    server.on('tlsClientError', () => {});
    const port = await listening(server);
    onTestFinished(() => void server.close());
    const ask = mqttAsk('h0001', port, { url: `mqtts://localhost:${port}` });
    const trusting = openWay({ ca: [pki.ca] });
    trusting.way.add(ask);
    await until(() => trusting.ready.length === 1);
    await publish('h0001', 'x');
    await until(() => trusting.received.length === 1);
    const other = openWay();
    other.way.add(mqttAsk('h0002', port, { url: `mqtts://localhost:${port}` }));
    await until(() => other.lost.length === 1);
    expect(other.lost[0]).toMatchObject({ code: 'TLS_UNTRUSTED' });
    expect(aedes.connectedClients).toBe(1);
  });
});

describe('a broker that was restarted and knows nothing any more (AN1)', () => {
  it('has its five devices again, and a push that came before they subscribed is lost', async () => {
    let broker = await openAedes();
    const relay = await openRelay(() => broker.port);
    onTestFinished(() => relay.close());
    onTestFinished(() => broker.close());
    const opened = openWay();
    const numbers = ['h1', 'h2', 'h3', 'h4', 'h5'];
    for (const number of numbers) opened.way.add(mqttAsk(number, relay.port));
    await until(() => opened.ready.length === 5);
    await broker.close();
    await until(() => opened.log.lines.length === 5);
    broker = await openAedes({
      authorizeSubscribe(client, subscription, done) {
        // a push that was sent between CONNACK and SUBSCRIBE
        broker.aedes.publish(
          {
            cmd: 'publish',
            topic: subscription.topic,
            payload: Buffer.from(`early ${client?.id}`),
            qos: 2,
            retain: false,
            dup: false,
          },
          () => done(null, subscription),
        );
      },
    });
    await opened.clock.advance(1_001);
    await until(() => opened.ready.length === 10 && numbers.every((number) => broker.subscribed.has(number)));
    for (const number of numbers) await broker.publish(number, `late ${number}`);
    await until(() => opened.received.length === 5);
    expect(opened.received.sort()).toEqual(numbers.map((number) => `late ${number}`));
  });
});

describe('two devices with one number (AN6)', () => {
  it('fight for the connection 16 times at most, then one stops with an error and the other has it', async () => {
    const broker = await openAedes();
    onTestFinished(broker.close);
    let connects = 0;
    broker.aedes.on('client', () => connects++);
    const both = [openWay(), openWay()];
    for (const { way, ready } of both) {
      way.add(mqttAsk('h0001', broker.port));
      await until(() => ready.length === 1);
    }
    const seen = [0, 0];
    const stopped = () => both.filter(({ log }) => log.lines.some(({ event }) => event === 'PUSH_DUPLICATE'));
    const news = () => both.filter(({ log }, k) => log.lines.length > (seen[k] ?? 0));
    while (stopped().length === 0) {
      await until(() => news().length > 0);
      for (const each of news()) {
        seen[both.indexOf(each)] = each.log.lines.length;
        await goOn(each);
      }
    }
    const [loser] = stopped();
    const winner = both.find((each) => each !== loser);
    expect(loser?.log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      {
        event: 'PUSH_DUPLICATE',
        values: { way: 'mqtt', error: { message: expect.stringContaining('two devices have the same number') } },
      },
    ]);
    expect(loser?.lost.at(-1)).toMatchObject({ code: 'PUSH_DUPLICATE' });
    expect(loser?.clock.pending).toBe(0); // nothing will be tried
    const before = connects;
    expect(before).toBeGreaterThan(20);
    expect(before).toBeLessThanOrEqual(32);
    await Promise.all(both.map(({ clock }) => clock.advance(60_000)));
    await until(() => broker.subscribed.has('h0001'));
    await broker.publish('h0001', 'for the winner');
    await until(() => winner?.received.length === 1);
    expect(connects - before).toBeLessThanOrEqual(1); // the last one to come back
    loser?.way.add(mqttAsk('h0001', broker.port)); // its next check-in asks again
    await until(() => connects === before + 1 || (loser?.ready.length ?? 0) > 0);
  });
});

describeWith('mosquitto')('pushes that mosquitto keeps for a device that is away', () => {
  it('arrive once each, in their order, more of them than it has in flight', async () => {
    const broker = await openMosquitto(['allow_anonymous true', 'max_queued_messages 100']);
    onTestFinished(broker.close);
    const { way, ready, received } = openWay();
    const ask = mqttAsk('h0001', broker.port);
    way.add(ask);
    await until(() => ready.length === 1 && broker.subscribed.has('h0001'));
    way.pause?.(ask.address);
    await until(() => !broker.subscribed.has('h0001'));
    const texts = Array.from({ length: 50 }, (_, n) => `push ${n}`);
    for (const text of texts) await broker.publish('h0001', text); // one at a time: 2.0.11 loses of more than 20 at once
    way.add(ask);
    await until(() => received.length >= 50);
    await broker.publish('h0001', 'the last');
    await until(() => received.includes('the last'));
    expect(received).toEqual([...texts, 'the last']);
  });

  it('are not kept for one that was removed', async () => {
    const broker = await openMosquitto();
    onTestFinished(broker.close);
    const { way, ready, received } = openWay();
    const ask = mqttAsk('h0001', broker.port);
    way.add(ask);
    await until(() => ready.length === 1 && broker.subscribed.has('h0001'));
    way.remove(ask.address);
    await until(() => !broker.subscribed.has('h0001'));
    await broker.publish('h0001', 'for nobody');
    way.add(ask);
    await until(() => ready.length === 2);
    await broker.publish('h0001', 'for the new one');
    await until(() => received.length > 0);
    expect(received).toEqual(['for the new one']);
  });
});

describe('what bounds a connection to a broker', () => {
  it('is known from the fixed headers, however they are cut', () => {
    const whole: string[] = [];
    const frames = new MqttFrames(200, (packet) => whole.push(packet.toString('hex')));
    const long = Buffer.concat([Buffer.from([0x30, 0xc8, 0x01]), Buffer.alloc(200, 0x61)]);
    const all = Buffer.concat([packets.pingresp, long, packets.pubrel(5)]);
    for (const octet of all) expect(frames.take(Buffer.from([octet]))).toBe(true);
    expect(frames.take(all)).toBe(true);
    const each = [packets.pingresp, long, packets.pubrel(5)].map((packet) => packet.toString('hex'));
    expect(whole).toEqual([...each, ...each]);
    expect(new MqttFrames(200).take(Buffer.from([0x30, 0xc9, 0x01]))).toBe(false);
    expect(new MqttFrames(Number.POSITIVE_INFINITY).take(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff]))).toBe(false);
  });

  it('holds nothing of a device once all is released', () => {
    const all: Unreleased = new Map();
    const store = new ReceivedStore(all, 'a', () => {});
    const packet = { cmd: 'publish', topic: 't', payload: 'x', qos: 2, messageId: 1 } as const;
    store.put({ ...packet, dup: false, retain: false }, () => {});
    expect([...all.keys()]).toEqual(['a']);
    store.del({ messageId: 1 }, () => {});
    expect(all.size).toBe(0);
  });

  it('is also that pauses end at 128 s', () => {
    const lost = { cause: new Error('lost'), wasEverReady: true, lostAt: [0], now: 0, fraction: 0 };
    const pauses = [1, 2, 7, 8, 30].map((losses) => mqttAfterLoss({ ...lost, losses }));
    expect(pauses.map((after) => ('pauseMs' in after ? after.pauseMs : undefined))).toEqual([
      500, 1_000, 32_000, 64_000, 64_000,
    ]);
  });
});
