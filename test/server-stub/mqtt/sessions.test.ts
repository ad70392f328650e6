import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { messageOf, type Qos } from '../../../server-stub/mqtt/message.js';
import type { Link } from '../../../server-stub/mqtt/session.js';
import { Sessions } from '../../../server-stub/mqtt/sessions.js';
import { Tally } from '../../../server-stub/mqtt/tally.js';
import { FanOut } from '../../../server-stub/push/fan-out.js';
import { openBrokerStage, until } from './stage.js';

const hourMs = 3_600_000;

/** Sessions of which one has subscribed to its own number, without a network: what is written to it is kept in hex. */
function openSessions({ maxWaiting = 100, maxWaitingOctets = 4096, maxSessions = 10 } = {}) {
  const clock = manualClock(1_000_000);
  const tally = new Tally();
  const fanOut = new FanOut({ clock });
  const now = () => clock.now();
  const sessions = new Sessions({
    tally,
    fanOut,
    now,
    maxWaiting,
    maxWaitingOctets,
    maxSessions,
    sessionMs: 24 * hourMs,
  });
  const add = (id: string, qos: Qos = 2) => {
    const session = sessions.open(id, false);
    sessions.subscribe(session, id, qos);
    return session;
  };
  const publish = (topic: string, text: string, qos: Qos = 2) =>
    sessions.publish(messageOf(topic, Buffer.from(text), qos, clock.now() + hourMs));
  return { clock, tally, sessions, session: add('h1'), add, publish };
}

/** The connection of a session, which shows packets as `flags:id:text`. */
class Written implements Link {
  readonly packets: string[] = [];
  isWritable = true;

  write(packet: Buffer): void {
    const [first = 0, length] = packet;
    if (first >> 4 === 6) this.packets.push(`pubrel:${packet.readUInt16BE(2)}`);
    else {
      const rest = packet.subarray(2, 2 + (length ?? 0));
      const at = 2 + rest.readUInt16BE(0);
      const qos = (first >> 1) & 3;
      const body = rest.subarray(qos === 0 ? at : at + 2);
      this.packets.push(`${first.toString(16)}:${qos === 0 ? '' : rest.readUInt16BE(at)}:${body}`);
    }
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a session', () => {
  it('sends ten pushes, and the next when one of them is completed', async () => {
    const { session, publish, tally } = openSessions();
    const link = new Written();
    session.attach(link);
    for (let n = 1; n <= 12; n++) publish('h1', `push ${n}`);
    await turn();
    expect(link.packets).toEqual(Array.from({ length: 10 }, (_, n) => `34:${n + 1}:push ${n + 1}`));
    expect(tally).toMatchObject({ pushed: 12, waiting: 2, unconfirmed: 10, sent: 10 });
    session.received(2);
    session.completed(2);
    session.completed(2); // twice: it counts once
    await turn();
    expect(link.packets.slice(10)).toEqual(['34:11:push 11']);
    expect(tally).toMatchObject({ waiting: 1, unconfirmed: 10, confirmed: 1 });
  });

  it('goes on after a new connection where it was: released ones first, the others again with their ids, then new ones', async () => {
    const { session, publish, tally } = openSessions();
    const first = new Written();
    session.attach(first);
    for (const text of ['one', 'two', 'three']) publish('h1', text);
    await turn();
    session.received(2);
    session.detach(first);
    publish('h1', 'four');
    expect(tally).toMatchObject({ kept: 3, waiting: 0, unconfirmed: 1 });
    const second = new Written();
    session.attach(second);
    await turn();
    expect(second.packets).toEqual(['pubrel:2', '3c:1:one', '3c:3:three', '34:4:four']);
    expect(tally).toMatchObject({ sent: 6, repeated: 2, kept: 0, unconfirmed: 4 });
    for (const id of [2, 1, 3, 4]) session.completed(id);
    expect(tally).toMatchObject({ confirmed: 4, unconfirmed: 0 });
  });

  it('tells releases apart that come in one piece', async () => {
    const { session, publish } = openSessions();
    const link = new Written();
    session.attach(link);
    for (const text of ['one', 'two']) publish('h1', text);
    await turn();
    session.received(1);
    session.received(2);
    session.detach(link);
    const next = new Written();
    session.attach(next);
    await turn();
    expect(next.packets).toEqual(['pubrel:1', 'pubrel:2']);
  });

  it('sends nothing to a connection that takes no more, until it does', async () => {
    const { session, publish } = openSessions();
    const link = new Written();
    link.isWritable = false;
    session.attach(link);
    publish('h1', 'one');
    await turn();
    expect(link.packets).toEqual([]);
    link.isWritable = true;
    session.wake();
    await turn();
    expect(link.packets).toEqual(['34:1:one']);
  });

  it('keeps the newest of what waits, by number and by octets (AN5)', async () => {
    const few = openSessions({ maxWaiting: 3 });
    for (const text of ['1', '2', '3', '4', '5']) few.publish('h1', text);
    const large = openSessions({ maxWaitingOctets: 10 });
    for (const text of ['aaaa', 'bbbb', 'cccc', 'd'.repeat(20)]) large.publish('h1', text);
    const [one, two] = [new Written(), new Written()];
    few.session.attach(one);
    large.session.attach(two);
    await turn();
    expect(one.packets).toEqual(['34:1:3', '34:2:4', '34:3:5']);
    expect(two.packets).toEqual([`34:1:${'d'.repeat(20)}`]);
    expect([few.tally.replaced, large.tally.replaced]).toEqual([2, 3]);
  });

  it('never drops for want of room what the device has perhaps got', async () => {
    const { session, publish, tally } = openSessions({ maxWaiting: 2 });
    const first = new Written();
    session.attach(first);
    for (const text of ['1', '2', '3']) {
      publish('h1', text);
      await turn();
    }
    session.detach(first);
    publish('h1', '4');
    expect(tally).toMatchObject({ kept: 4, replaced: 0 });
    publish('h1', '5');
    expect(tally).toMatchObject({ kept: 4, replaced: 1 });
  });

  it('asks once for a look at the configuration, as long as the device has not been asked', async () => {
    const { session, publish, clock, tally } = openSessions();
    publish('h1', '{messageType: "configUpdated"}');
    publish('h1', '{messageType: "reboot"}');
    await clock.advance(hourMs / 2);
    publish('h1', '{messageType: "configUpdated"}');
    publish('h1', '{"messageType": "configUpdated"}'); // other words
    publish('h1', '{messageType: "reboot"}');
    await clock.advance(hourMs / 2);
    const link = new Written();
    session.attach(link);
    await turn();
    expect(link.packets.map((each) => each.slice(3))).toEqual([
      '1:{messageType: "configUpdated"}',
      '2:{"messageType": "configUpdated"}',
      '3:{messageType: "reboot"}',
    ]);
    expect(tally).toMatchObject({ replaced: 1, expired: 1 });
    publish('h1', '{messageType: "configUpdated"}'); // the other one is under way: this is news
    await turn();
    expect(link.packets).toHaveLength(4);
  });

  it('sends what has grown old to nobody', async () => {
    const { session, publish, clock, tally, sessions } = openSessions();
    publish('h1', 'one');
    await clock.advance(hourMs - 1);
    publish('h1', 'two');
    await clock.advance(1);
    sessions.expire();
    expect(tally).toMatchObject({ kept: 1, expired: 1 });
    const link = new Written();
    session.attach(link);
    await turn();
    expect(link.packets).toEqual(['34:1:two']);
  });

  it('keeps nothing of QoS 0, and completes it by sending', async () => {
    const { add, publish, tally } = openSessions();
    const session = add('h2', 0);
    publish('h2', 'lost');
    const link = new Written();
    session.attach(link);
    publish('h2', 'sent');
    await turn();
    expect(link.packets).toEqual(['30::sent']);
    expect(tally).toMatchObject({ kept: 0, unconfirmed: 0, sent: 1, confirmed: 1 });
  });

  it('takes the smaller QoS of what is published and what is subscribed', async () => {
    const { add, publish } = openSessions();
    const session = add('h2', 1);
    const link = new Written();
    session.attach(link);
    publish('h2', 'two');
    publish('h2', 'nothing', 0);
    await turn();
    expect(link.packets).toEqual(['32:1:two', '30::nothing']);
  });
});

describe('sessions', () => {
  it('end when their devices stay away for too long, the longest away first where there are too many', async () => {
    const { sessions, clock, add, session } = openSessions({ maxSessions: 3 });
    await clock.advance(hourMs);
    add('h2');
    sessions.connected(session);
    session.attach(new Written());
    add('h3');
    add('h4');
    expect(['h1', 'h2', 'h3', 'h4'].map((id) => sessions.get(id) !== undefined)).toEqual([true, false, true, true]);
    await clock.advance(24 * hourMs);
    sessions.expire();
    expect(['h1', 'h3', 'h4'].map((id) => sessions.get(id) !== undefined)).toEqual([true, false, false]);
  });

  it('of a broker end after seven days, and pushes after an hour, by the tenant’s clock', async () => {
    const { broker, clock, device } = await openBrokerStage();
    const one = await device('h0001');
    await one.leave();
    await until(() => broker.figures().connections === 0);
    broker.publish('h0001', '{messageType: "reboot"}');
    await clock.advance(hourMs);
    expect(broker.figures()).toMatchObject({ kept: 0, expired: 1, sessions: 1 });
    await clock.advance(8 * 24 * hourMs);
    expect(broker.figures()).toMatchObject({ sessions: 0 });
  });

  it('end also where nothing was ever pushed', async () => {
    const { broker, clock, device } = await openBrokerStage();
    const one = await device('h0001');
    await one.leave();
    await until(() => broker.figures().connections === 0);
    await clock.advance(8 * 24 * hourMs);
    expect(broker.figures()).toMatchObject({ sessions: 0 });
  });

  it('of devices that are connected, with nothing that waits, have nothing that falls due by the tenant’s clock', async () => {
    const { broker, clock, device } = await openBrokerStage();
    const one = await device('h0001');
    broker.publish('h0001', '{messageType: "reboot"}');
    await until(() => broker.figures().confirmed === 1);
    await clock.advance(hourMs);
    expect(clock.pending).toBe(0);
    await one.leave();
    await until(() => broker.figures().connections === 0);
    expect(clock.pending).toBe(1);
    await device('h0001'); // as one that is moved with a device connected need not stop on its way
    await clock.advance(hourMs);
    expect(clock.pending).toBe(0);
  });

  it('that are clean begin and end empty', async () => {
    const { broker, device } = await openBrokerStage();
    const kept = await device('h0001');
    await kept.leave();
    await until(() => broker.figures().connections === 0);
    broker.publish('h0001', '{messageType: "reboot"}');
    const clean = await device('h0001', { clean: true });
    expect(clean.sessionPresent).toBe(false);
    broker.publish('h0001', '{messageType: "adminPanel"}');
    await until(() => clean.received.length > 0);
    expect(clean.received).toEqual(['{messageType: "adminPanel"}']);
    await clean.leave();
    await until(() => broker.figures().sessions === 0);
  });

  it('of a device that is enrolled no more are forgotten', async () => {
    const { broker, device } = await openBrokerStage();
    const away = await device('h0001');
    await device('h0002');
    await away.leave();
    await until(() => broker.figures().connections === 1);
    broker.publish('h0001', '{messageType: "reboot"}');
    broker.forget('h0001');
    broker.forget('h0002'); // is connected: it may stay
    broker.forget('h0003');
    expect(broker.figures()).toMatchObject({ kept: 0, sessions: 1, connections: 1 });
  });

  it('cannot be published to under a topic that is none', async () => {
    const { broker, lines } = await openBrokerStage();
    for (const topic of ['#', 'h/+', '', 'a\u0000', '\ud800']) broker.publish(topic, 'x');
    expect(lines.map(({ event }) => event)).toEqual(Array.from({ length: 5 }, () => 'PUSH_REFUSED'));
    expect(broker.figures().pushed).toBe(0);
  });
});
