// A broker whose every octet a test writes: MQTT 3.1.1 by hand, so that no codec is judged by itself.
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { until } from '../contract/wake-way.js';
import { listening } from './brokers.js';

/** The octets of packets, as OASIS has them; all of these are shorter than 128. */
export const packets = {
  connack: (code: number, isSessionPresent = false) => Buffer.from([0x20, 2, isSessionPresent ? 1 : 0, code]),
  suback: (id: number, granted = 2) => Buffer.from([0x90, 3, id >> 8, id & 255, granted]),
  unsuback: (id: number) => Buffer.from([0xb0, 2, id >> 8, id & 255]),
  publish(id: number, topic: string, text: string, isAgain = false) {
    const [name, payload] = [Buffer.from(topic), Buffer.from(text)];
    const body = Buffer.concat([Buffer.from([0, name.length]), name, Buffer.from([id >> 8, id & 255]), payload]);
    return Buffer.concat([Buffer.from([isAgain ? 0x3c : 0x34, body.length]), body]);
  },
  pubrec: (id: number) => Buffer.from([0x50, 2, id >> 8, id & 255]),
  pubrel: (id: number) => Buffer.from([0x62, 2, id >> 8, id & 255]),
  pubcomp: (id: number) => Buffer.from([0x70, 2, id >> 8, id & 255]),
  pingreq: Buffer.from([0xc0, 0]),
  pingresp: Buffer.from([0xd0, 0]),
  disconnect: Buffer.from([0xe0, 0]),
};

export interface ScriptedConnection {
  readonly received: readonly Buffer[];
  readonly isClosed: boolean;
  send(...packets: readonly Buffer[]): void;
  cut(): void;
  /** The first packet of this kind (its first octet) that came and was not taken before. */
  take(first: number): Promise<Buffer>;
  /** CONNACK, SUBACK: as a broker does that has nothing to say. */
  welcome(isSessionPresent?: boolean): Promise<void>;
}

/** For this test. The connections come in the order in which they were made. */
export async function scriptedBroker() {
  const connections: ScriptedConnection[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    connections.push(connectionOf(socket));
  });
  const port = await listening(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port,
    connections,
    async connection(index: number): Promise<ScriptedConnection> {
      await until(() => connections.length > index);
      const connection = connections[index];
      if (connection === undefined) throw new Error('no such connection');
      return connection;
    },
  };
}

function connectionOf(socket: Socket): ScriptedConnection {
  const received: Buffer[] = [];
  const taken = new Set<Buffer>();
  let rest = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const length = rest[1];
      if (length === undefined || rest.length < 2 + length) return;
      received.push(rest.subarray(0, 2 + length));
      rest = rest.subarray(2 + length);
    }
  });
  const connection: ScriptedConnection = {
    received,
    get isClosed() {
      return socket.readableEnded || socket.destroyed;
    },
    send: (...all) => void socket.write(Buffer.concat(all)),
    cut: () => void socket.destroy(),
    async take(first) {
      const fitting = () => received.find((packet) => packet[0] === first && !taken.has(packet));
      await until(() => fitting() !== undefined);
      const packet = fitting() ?? Buffer.alloc(0);
      taken.add(packet);
      return packet;
    },
    async welcome(isSessionPresent) {
      await connection.take(0x10);
      connection.send(packets.connack(0, isSessionPresent));
      connection.send(packets.suback((await connection.take(0x82)).readUInt16BE(2)));
    },
  };
  return connection;
}
