// Programs and recordings that nobody here wrote, against our broker.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { realClock } from '../../../base/clock.js';
import { createLog } from '../../../base/log.js';
import type { TracedMessage } from '../../../base/trace.js';
import { openExternalBroker } from '../../../server-stub/mqtt/index.js';
import { openMosquitto } from '../../support/brokers.js';
import { describeIf, has } from '../../support/outside.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';
import { rawClient } from './raw-client.js';
import { type Handled, rawDevices } from './raw-devices.js';
import { devicePassword, openBrokerStage, until } from './stage.js';

/** Runs a program until it ends; its lines come as they are written. */
function run(program: string, args: readonly string[]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  for (const output of [child.stdout, child.stderr])
    createInterface({ input: output }).on('line', (line) => lines.push(line));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { lines, ended, stop: () => child.kill('SIGTERM') };
}

describeIf(has('mosquitto_sub') && has('mosquitto_pub'), 'mosquitto_sub')('mosquitto’s clients', () => {
  it('subscribe with a persistent session at QoS 2, and get what was published while they were away', async () => {
    const sent: number[] = [];
    const trace = {
      exchanged() {},
      messaged: ({ direction, body }: TracedMessage) => direction === 'sent' && sent.push(body[0] ?? 0),
    };
    const { broker } = await openBrokerStage({ trace });
    const at = ['-h', '127.0.0.1', '-p', String(broker.port)];
    const asDevice = [...at, '-i', 'h0001', '-u', 'hmdm', '-P', devicePassword, '-t', 'h0001', '-q', '2'];
    const first = run('mosquitto_sub', [...asDevice, '-c', '-C', '1']);
    await until(() => sent.includes(0x90)); // SUBACK
    broker.publish('h0001', 'first');
    expect(await first.ended).toBe(0);
    await until(() => broker.figures().connections === 0);

    const asAdmin = [...at, '-u', 'admin', '-P', 'dd3V5YDkrX', '-t', 'h0001', '-q', '2'];
    expect(await run('mosquitto_pub', [...asAdmin, '-m', 'second']).ended).toBe(0);
    expect(await run('mosquitto_pub', [...asAdmin, '-m', 'third']).ended).toBe(0);
    expect(broker.figures()).toMatchObject({ kept: 2 });
    const again = run('mosquitto_sub', [...asDevice, '-c', '-C', '2']);
    expect(await again.ended).toBe(0);
    expect(again.lines).toEqual(['second', 'third']);
  });

  it('are refused with the words of the protocol', async () => {
    const { broker } = await openBrokerStage();
    const at = ['-h', '127.0.0.1', '-p', String(broker.port), '-t', 'h0001'];
    const wrong = run('mosquitto_sub', [...at, '-i', 'h0001', '-u', 'hmdm', '-P', devicePassword.toLowerCase()]);
    const foreign = run('mosquitto_sub', [...at, '-i', 'HMDMServer', '-u', 'hmdm', '-P', devicePassword]);
    expect([await wrong.ended, await foreign.ended]).toEqual([5, 2]);
    expect([wrong.lines[0], foreign.lines[0]]).toEqual([
      'Connection error: Connection Refused: not authorised.',
      'Connection error: Connection Refused: identifier rejected.',
    ]);
  });
});

describeIf(has('mosquitto'), 'mosquitto')('mosquitto as the broker', () => {
  it('loses nothing of three hundred pushes at once: no more than ten are in flight (AN4)', async () => {
    const outside = await openMosquitto();
    onTestFinished(() => outside.close());
    const handled: Handled = new Map();
    const numbers = Array.from({ length: 300 }, (_, n) => `h${n}`);
    await rawDevices(outside.port, numbers, handled);
    const mqttUrl = `mqtt://127.0.0.1:${outside.port}`;
    const broker = await openExternalBroker({ mqttUrl, clock: realClock, log: createLog({ level: 'silent' }) });
    onTestFinished(() => broker.close());
    for (const number of numbers) broker.publish(number, `for ${number}`);
    await until(() => handled.size === 300);
    expect(numbers.filter((number) => handled.get(number)?.join() !== `for ${number}`)).toEqual([]);
  });
});

interface Recorded {
  readonly conn?: number;
  readonly dir?: string;
  readonly hex?: string;
  readonly cmd?: string;
  readonly topic?: string;
  readonly payload?: string;
  readonly event?: string;
}

/**
 * Replays what the client of a recording sent, each packet as soon as our broker has answered as often as the recorded one had by then;
 * what the recorded broker published is published here at that place. Answers with what both sent, of QoS 2 without the packet ids.
 */
async function replay(name: string, { inOrder = true } = {}) {
  const { broker } = await openBrokerStage();
  const lines = fixture(`android/mqtt/${name}`)
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);
  const recorded: string[] = [];
  const ours: string[] = [];
  const clients = new Map<number, Awaited<ReturnType<typeof rawClient>>>();
  const ids = new Map<string, string>();
  const published = new Set<Recorded>();
  const isPush = ({ dir, cmd }: Recorded) => dir === 'S>C' && cmd === 'publish';
  const publish = (line: Recorded) => {
    if (!published.has(line)) broker.publish(line.topic ?? '', line.payload ?? '');
    published.add(line);
  };
  for (const line of lines) {
    const { conn = 0, dir, hex = '', cmd, topic = '', event } = line;
    if (event === 'close') {
      clients.get(conn)?.socket.end();
      await clients.get(conn)?.closed;
      await until(() => broker.figures().connections === 0);
      for (const each of lines.filter((line) => line.conn === conn + 1 && isPush(line))) publish(each); // while it was away
    } else if (dir === 'C>S') {
      const client = clients.get(conn) ?? (await rawClient(broker.port ?? 0));
      clients.set(conn, client);
      const id = ['pubrec', 'pubcomp'].includes(cmd ?? '') ? ids.get(hex.slice(4)) : undefined;
      client.send(id === undefined ? hex : hex.slice(0, 4) + id);
    } else if (dir === 'S>C') {
      const client = clients.get(conn);
      if (client === undefined) throw new Error('an answer before a connection');
      if (cmd === 'publish') publish(line);
      const next = () => (inOrder ? 0 : client.packets.findIndex((each) => each[0] === hex[0]));
      await until(() => client.packets[next()] !== undefined);
      const [seen = ''] = client.packets.splice(next(), 1);
      const length = Number.parseInt(hex.slice(2, 4), 16) >= 128 ? 6 : 4; // of the fixed header, in digits
      const [theirs, mine] = [hex.slice(0, 2) + hex.slice(length), seen];
      const place = cmd === 'publish' && (Number.parseInt(hex[1] ?? '0', 16) & 6) > 0 ? 6 + topic.length * 2 : 2;
      const hasId = cmd === 'pubrel' || place > 2;
      if (hasId) ids.set(theirs.slice(place, place + 4), mine.slice(place, place + 4));
      const shown = (packet: string) => `${cmd} ${hasId ? packet.slice(0, place) + packet.slice(place + 4) : packet}`;
      recorded.push(shown(theirs));
      ours.push(shown(mine));
    }
  }
  return { recorded, ours };
}

describeWithFixtures('recorded sessions', () => {
  for (const name of [
    'mqtt-01-session',
    'mqtt-02-bad-credentials',
    'mqtt-06-qos0-ping-unsubscribe',
    'mqtt-07-rename-push',
  ]) {
    it(`${name}: our broker says what the real server’s said`, async () => {
      const { recorded, ours } = await replay(`${name}.jsonl`);
      expect(recorded.length).toBeGreaterThan(2);
      expect(ours).toEqual(recorded);
    });
  }

  it('mqtt-11-external-aedes: says what aedes said to a device that came back, but for what it has in flight at once', async () => {
    const { recorded, ours } = await replay('mqtt-11-external-aedes.jsonl', { inOrder: false });
    expect(recorded).toContain('connack 200100'); // a session is present: the real server's own broker never says so
    expect(ours).toEqual(recorded);
  });
});
