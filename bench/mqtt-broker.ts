// The broker of the MQTT bench: it answers CONNECT, SUBSCRIBE and PINGREQ, and costs next to nothing. It tells its parent the port.

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { MqttFrames } from '../agent/io/wake/mqtt-frames.js';
import type { FromMqttBroker } from './mqtt-messages.js';

const server = createServer((socket) => {
  const frames = new MqttFrames(65_536, (packet) => {
    const kind = packet.readUInt8(0) >> 4;
    if (kind === 1) socket.write(Buffer.from([0x20, 2, 0, 0]));
    else if (kind === 8) socket.write(Buffer.from([0x90, 3, packet.readUInt8(2), packet.readUInt8(3), 2]));
    else if (kind === 12) socket.write(Buffer.from([0xd0, 0]));
  });
  socket.on('data', (chunk: Buffer) => frames.take(chunk));
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1', 4096, () => {
  const message: FromMqttBroker = { port: (server.address() as AddressInfo).port };
  process.send?.(message);
});
process.on('disconnect', () => process.exit());
