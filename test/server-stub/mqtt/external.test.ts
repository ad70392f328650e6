import { describe, expect, it, onTestFinished } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { createLog } from '../../../base/log.js';
import { type ExternalBrokerOptions, openExternalBroker } from '../../../server-stub/mqtt/index.js';
import { readLogLine } from '../../support/log-lines.js';
import { freePort, openBrokerStage, until } from './stage.js';

async function openPublisher(mqttUrl: string, options: Partial<ExternalBrokerOptions> = {}) {
  const clock = manualClock(Date.parse('2026-11-26T12:00:00Z'));
  const networkClock = manualClock();
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(readLogLine(line)) } });
  const broker = await openExternalBroker({ mqttUrl, clock, networkClock, log, ...options });
  onTestFinished(() => broker.close());
  const events = () => lines.map(({ event }) => event);
  return { broker, clock, networkClock, lines, events };
}

/** Lets time pass in small steps until something is so. */
async function untilAt(clock: { advance(ms: number): Promise<void> }, isSo: () => boolean) {
  while (!isSo()) await clock.advance(100);
}

describe('a broker that runs already', () => {
  it('is published through, in order, at QoS 2', async () => {
    const { broker: outside, device } = await openBrokerStage();
    const one = await device('h0001');
    const { broker } = await openPublisher(outside.url);
    const texts = Array.from({ length: 40 }, (_, n) => `{messageType: "runApp", payload: {"n":${n}}}`);
    for (const text of texts) broker.publish('h0001', text);
    await until(() => one.received.length === 40 && broker.figures().confirmed === 40);
    expect(one.received).toEqual(texts);
    expect(broker.figures()).toMatchObject({ pushed: 40, sent: 40, waiting: 0, unconfirmed: 0, connections: 1 });
  });

  it('is told no more than ten pushes before the first of them is completed', async () => {
    const { broker: outside } = await openBrokerStage();
    const { broker } = await openPublisher(outside.url);
    await until(() => broker.figures().connections === 1);
    let most = 0;
    for (let n = 0; n < 100; n++) broker.publish('h0001', `{messageType: "runApp", payload: {"n":${n}}}`);
    await until(() => {
      const { unconfirmed, confirmed } = broker.figures();
      most = Math.max(most, unconfirmed);
      return confirmed === 100;
    });
    expect(most).toBe(10);
  });

  it('need not be up when the stub starts: pushes wait, and go when it is', async () => {
    const port = await freePort();
    const { broker, networkClock, lines } = await openPublisher(`mqtt://127.0.0.1:${port}`);
    broker.publish('h0001', '{messageType: "reboot"}');
    await until(() => lines.length > 0);
    expect(lines).toMatchObject([{ event: 'BROKER_UNREACHABLE', url: `mqtt://127.0.0.1:${port}` }]);
    expect(broker.figures()).toMatchObject({ kept: 1, connections: 0 });
    const { broker: outside } = await openBrokerStage({ port });
    await untilAt(networkClock, () => broker.figures().confirmed === 1);
    expect(outside.figures().pushed).toBe(1);
    expect(lines.map(({ event }) => event)).toEqual(['BROKER_UNREACHABLE', 'BROKER_REACHED']);
  });

  it('is tried again for ever, ever less often, and said to be lost once', async () => {
    const { networkClock, events, broker } = await openPublisher(`mqtt://127.0.0.1:${await freePort()}`);
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      await until(() => networkClock.pending === 1);
      const before = networkClock.now();
      await untilAt(networkClock, () => networkClock.pending === 0);
      waits.push(networkClock.now() - before);
    }
    expect(waits[0]).toBeLessThanOrEqual(1_000);
    expect(waits[3]).toBeGreaterThanOrEqual(4_000);
    expect(waits.slice(8).every((ms) => ms >= 30_000 && ms <= 60_100)).toBe(true);
    expect(events()).toEqual(['BROKER_UNREACHABLE']);
    expect(broker.figures().connections).toBe(0);
  });

  it('may be away for a while: the newest that wait are kept, and what was dropped is said once', async () => {
    const port = await freePort();
    const { broker, networkClock, lines } = await openPublisher(`mqtt://127.0.0.1:${port}`, { maxWaiting: 3 });
    for (let n = 0; n < 6; n++) broker.publish(`h000${n}`, '{messageType: "reboot"}');
    expect(broker.figures()).toMatchObject({ pushed: 6, kept: 3, replaced: 3 });
    const { device } = await openBrokerStage({ port });
    const early = await device('h0000');
    const late = await device('h0005');
    await untilAt(networkClock, () => broker.figures().confirmed === 3 && late.received.length === 1);
    expect(early.received).toEqual([]);
    expect(lines.filter(({ event }) => event === 'PUSH_REFUSED')).toHaveLength(1);
  });

  it('is not sent what has grown too old, nor the same request to look at the configuration twice', async () => {
    const { broker, clock } = await openPublisher(`mqtt://127.0.0.1:${await freePort()}`);
    broker.publish('h0001', '{messageType: "configUpdated"}');
    broker.publish('h0001', '{messageType: "configUpdated"}');
    broker.publish('h0002', '{messageType: "configUpdated"}');
    broker.publish('h0001', '{messageType: "reboot"}');
    broker.publish('h0001', '{messageType: "reboot"}');
    expect(broker.figures()).toMatchObject({ kept: 4, replaced: 1 });
    await clock.advance(3_600_000);
    expect(broker.figures()).toMatchObject({ kept: 0, expired: 4 });
  });

  it('keeps a hundred pushes for one device, the newest (AN5)', async () => {
    const { broker } = await openPublisher(`mqtt://127.0.0.1:${await freePort()}`);
    for (let n = 0; n < 130; n++) broker.publish('h0001', `{messageType: "runApp", payload: {"n":${n}}}`);
    broker.publish('h0002', '{messageType: "reboot"}');
    expect(broker.figures()).toMatchObject({ kept: 101, replaced: 30 });
    broker.forget('h0001');
    expect(broker.figures()).toMatchObject({ kept: 1 });
  });

  it('keeps no session of ours once we have gone', async () => {
    const { broker: outside } = await openBrokerStage();
    const { broker } = await openPublisher(outside.url);
    await until(() => broker.figures().connections === 1);
    expect(outside.figures().sessions).toBe(1);
    await broker.close();
    await until(() => outside.figures().sessions === 0);
  });

  it('has an address with a scheme of MQTT and a host, and a user in it wins', async () => {
    for (const mqttUrl of ['127.0.0.1:1883', 'http://127.0.0.1', 'mqtt://', 'ws://h/']) {
      await expect(openPublisher(mqttUrl)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    }
    const { broker: outside } = await openBrokerStage({ adminPassword: 'p@ss' });
    const url = `mqtt://admin:p%40ss@127.0.0.1:${outside.port}`;
    const { broker } = await openPublisher(url);
    expect(broker.url).toBe(outside.url);
    await until(() => broker.figures().connections === 1);
  });

  it('says why it does not take us', async () => {
    const { broker: outside } = await openBrokerStage({ adminPassword: 'another' });
    const { lines } = await openPublisher(outside.url);
    await until(() => lines.length > 0);
    expect(lines).toMatchObject([
      { event: 'BROKER_UNREACHABLE', reason: expect.stringContaining('Not authorized') as string },
    ]);
  });
});
