// Our MQTT broker against packets that are wounded: it closes the connection or answers, keeps nothing, and others go on being served.
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { connectPacket, packet, subscribePacket } from '../server-stub/mqtt/raw-devices.js';
import { openBrokerStage, until } from '../server-stub/mqtt/stage.js';
import { inputsPerCodec, randomOf, seed, wound } from './law.js';

const publish = packet(
  0x34,
  subscribePacket('h0001').subarray(4, -1),
  Buffer.from([0, 7]),
  Buffer.from('{messageType: "x"}'),
);
/** Each with what goes before it on its connection. */
const packets: readonly Buffer[] = [
  connectPacket('h0001'),
  connectPacket('h0001', { flags: 0xc2 }),
  connectPacket('admin-1', { user: 'admin', password: 'dd3V5YDkrX' }),
  subscribePacket('h0001'),
  subscribePacket('a/+/#', 1),
  packet(0xa2, Buffer.from([0, 2]), subscribePacket('h0001').subarray(4, -1)),
  publish,
  ...['40020001', '50020001', '62020007', '70020001', 'c000', 'e000'].map((hex) => Buffer.from(hex, 'hex')),
];
const words = ['ff', 'ffffff7f', '80808080', '0000', 'ffff', '2b', '23', '2f2f', 'c080', 'eda080'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
/** Wounded packets that share a connection. */
const perConnection = 10;

it('stands wounded packets', async () => {
  const { broker, lines, networkClock, device } = await openBrokerStage({ maxConnections: 4000 });
  const witness = await device('witness');
  const random = randomOf(seed);
  const port = broker.port ?? 0;
  const any = () => packets[random(packets.length)] ?? publish;

  /** Sends ten of them, to a connection that is signed in or is not, whole or in pieces, and hangs up. */
  const strike = () =>
    new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        if (random(4) > 0) socket.write(connectPacket(random(2) === 0 ? 'h0001' : `h${random(1000)}`));
        for (let n = 0; n < perConnection; n++) {
          const octets = wound(any(), { others: packets, words, random });
          const cut = random(octets.length + 1);
          socket.write(octets.subarray(0, cut));
          socket.write(octets.subarray(cut));
        }
        socket.end();
      });
      socket.resume();
      socket.on('error', () => {});
      socket.once('close', () => resolve());
    });
  let left = Math.ceil(inputsPerCodec / perConnection);
  const striker = async () => {
    while (left-- > 0) await strike();
  };
  await Promise.all(Array.from({ length: 20 }, striker));
  await networkClock.advance(60_000);
  await until(() => broker.figures().connections === 1);
  broker.publish('witness', '{messageType: "reboot"}');
  await until(() => witness.received.length === 1);
  expect(witness.received, `FUZZ_SEED=${seed}`).toEqual(['{messageType: "reboot"}']);
  expect(lines.filter(({ event }) => event === 'BUG')).toEqual([]);
  const events = new Set(lines.map(({ event }) => event));
  expect([...events].filter((event) => event !== 'MESSAGE_REFUSED' && event !== 'MESSAGE_TOO_LARGE')).toEqual([]);
});
