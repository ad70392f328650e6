import { describe, expect, it } from 'vitest';
import { rawClient } from './raw-client.js';
import { connectPacket, packet, subscribePacket } from './raw-devices.js';
import { device, devicePassword, openBrokerStage, until } from './stage.js';

type Stage = Awaited<ReturnType<typeof openBrokerStage>>;

/** The CONNACK (or nothing) that this CONNECT is answered with, and what the log said. */
async function answerTo({ broker, lines }: Stage, connect: Buffer) {
  const client = await rawClient(broker.port ?? 0);
  client.send(connect);
  await until(() => client.packets.length > 0 || client.isClosed);
  const [answer] = client.packets;
  if (answer !== '200000') await client.closed;
  const line = lines.splice(0).map(({ event, server, reason, remote }) => ({ event, server, reason, remote }));
  return { answer, line: line[0], lineCount: line.length };
}

const refused = (reason: string) => ({ event: 'MESSAGE_REFUSED', server: 'mqtt', reason, remote: '127.0.0.1' });

describe('signing in to our broker', () => {
  it('takes the user hmdm with the hash of the secret in upper case, and nothing else', async () => {
    const stage = await openBrokerStage();
    expect(await answerTo(stage, connectPacket('h0001'))).toMatchObject({ answer: '200000', lineCount: 0 });
    for (const [more, reason] of [
      [{ password: devicePassword.toLowerCase() }, 'wrong password'],
      [{ password: '' }, 'wrong password'],
      [{ user: 'admin' }, 'wrong password'],
      [{ user: 'HMDM' }, 'no such user'],
      [{ user: '' }, 'no such user'],
    ] as const) {
      expect(await answerTo(stage, connectPacket('h0001', more))).toEqual({
        answer: '200005',
        line: refused(reason),
        lineCount: 1,
      });
    }
    const nobody = packet(0x10, Buffer.from('00044d5154540400003c00056830303031', 'hex'));
    expect(await answerTo(stage, nobody)).toMatchObject({ answer: '200005', line: refused('no such user') });
  });

  it('refuses a device whose client id is no device number, and one with the publisher’s id', async () => {
    const stage = await openBrokerStage();
    for (const id of ['', '#', 'h/1', 'h+', 'h#', 'h>', 'h*', 'h\u00011', 'h\u007f', 'x'.repeat(101), '..']) {
      const { answer, line } = await answerTo(stage, connectPacket(id));
      expect([id, answer, line]).toEqual([id, '200002', refused('the client id is no device number')]);
    }
    for (const id of ['HMDMServer', 'HMDMServer-2']) {
      const { answer, line } = await answerTo(stage, connectPacket(id));
      expect([answer, line]).toEqual(['200002', refused('the client id is the publisher’s')]);
    }
    for (const id of ['a.b', 'h 1', 'h%1', 'Gerät', 'x'.repeat(100)]) {
      expect([id, (await answerTo(stage, connectPacket(id))).answer]).toEqual([id, '200000']);
    }
  });

  it('takes a real server as the publisher, under its own id', async () => {
    const { broker, device: newDevice } = await openBrokerStage();
    const one = await newDevice('h0001');
    const server = device(broker.url, 'HMDMServer', { username: 'admin', password: 'dd3V5YDkrX', clean: true });
    await server.ready;
    await server.client.publishAsync('h0001', '{messageType: "reboot"}', { qos: 2 });
    await until(() => one.received.length === 1);
    expect(one.received).toEqual(['{messageType: "reboot"}']);
  });

  it('acknowledges what a device publishes, and gives it to nobody', async () => {
    const { broker, device: newDevice } = await openBrokerStage();
    const one = await newDevice('h0001');
    const other = await newDevice('h0002');
    for (const qos of [0, 1, 2] as const) await one.client.publishAsync('h0002', 'mine', { qos });
    broker.publish('h0002', '{messageType: "reboot"}');
    await until(() => other.received.length > 0);
    expect(other.received).toEqual(['{messageType: "reboot"}']);
    expect(broker.figures().pushed).toBe(1);
  });

  it('publishes nothing in the name of a device that goes without a word', async () => {
    const { broker, device: newDevice } = await openBrokerStage();
    const other = await newDevice('h0002');
    const one = await newDevice('h0001', {
      will: { topic: 'h0002', payload: Buffer.from('mine'), qos: 2, retain: false },
    });
    one.client.stream.destroy();
    await until(() => broker.figures().connections === 1);
    broker.publish('h0002', '{messageType: "reboot"}');
    await until(() => other.received.length > 0);
    expect(other.received).toEqual(['{messageType: "reboot"}']);
  });
});

describe('subscribing at our broker', () => {
  it('is allowed to whatever topic, wildcards too, as at a real server', async () => {
    const { broker, device: newDevice } = await openBrokerStage();
    const one = await newDevice('h0001');
    const granted = await one.client.subscribeAsync({ '#': { qos: 2 }, h0002: { qos: 1 } });
    expect(granted.map(({ topic, qos }) => [topic, qos])).toEqual([
      ['#', 2],
      ['h0002', 1],
    ]);
    broker.publish('h0001', '{messageType: "reboot"}');
    broker.publish('h0003', '{messageType: "adminPanel"}');
    await until(() => broker.figures().confirmed === 2);
    expect(one.received).toEqual(['{messageType: "reboot"}', '{messageType: "adminPanel"}']); // each once
  });

  it('is refused for topics that nobody can have, and goes on for the others', async () => {
    const { broker } = await openBrokerStage();
    const client = await rawClient(broker.port ?? 0);
    client.send(connectPacket('h0001'));
    await until(() => client.packets.length === 1);
    const topics = ['$SYS/#', 'h0001', '$SYS/broker/x', 'a\u0001', '+/x', 'a/#'];
    const filters = topics.map((topic) => subscribePacket(topic).subarray(4));
    client.send(packet(0x82, Buffer.from([0, 9]), ...filters));
    await until(() => client.packets.length === 2);
    expect(client.packets[1]).toBe('9000098002808002 02'.replaceAll(' ', ''));
  });

  it('is for a device’s own number only where the broker is told to confine it', async () => {
    const { broker, device: newDevice } = await openBrokerStage({ confined: true });
    const one = await newDevice('h0001');
    for (const topic of ['#', '+', 'h0002', 'h0001/#']) {
      await expect(one.client.subscribeAsync(topic, { qos: 2 }), topic).rejects.toThrow();
    }
    broker.publish('h0002', '{messageType: "reboot"}');
    broker.publish('h0001', '{messageType: "adminPanel"}');
    await until(() => one.received.length > 0);
    expect(one.received).toEqual(['{messageType: "adminPanel"}']);
    const admin = device(broker.url, 'watcher', { username: 'admin', password: 'dd3V5YDkrX', clean: true });
    await admin.ready;
    await admin.client.subscribeAsync('#', { qos: 2 });
  });

  it('does not keep what was refused, not even for the next connection', async () => {
    const { broker, device: newDevice } = await openBrokerStage({ confined: true });
    const one = await newDevice('h0001');
    await one.client.subscribeAsync(['h0001', 'h0002'], { qos: 2 }).catch(() => {});
    await one.leave();
    await until(() => broker.figures().connections === 0);
    broker.publish('h0002', '{messageType: "reboot"}');
    expect(broker.figures().kept).toBe(0);
  });

  it('is bounded for one client', async () => {
    const { device: newDevice } = await openBrokerStage();
    const one = await newDevice('h0001');
    for (let n = 0; n < 15; n++) await one.client.subscribeAsync(`t${n}`, { qos: 0 });
    await expect(one.client.subscribeAsync('t15', { qos: 0 })).rejects.toThrow();
    await one.client.unsubscribeAsync('t0');
    await one.client.subscribeAsync('t15', { qos: 0 });
  });

  it('ends with UNSUBSCRIBE', async () => {
    const { broker, device: newDevice } = await openBrokerStage();
    const one = await newDevice('h0001');
    await one.client.unsubscribeAsync('h0001');
    broker.publish('h0001', '{messageType: "reboot"}');
    expect(broker.figures()).toMatchObject({ pushed: 1, waiting: 0, sent: 0 });
  });
});
