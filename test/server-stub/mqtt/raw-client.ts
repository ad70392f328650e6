// A client that sends whatever octets a test likes, and keeps the packets that come back.
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { packetsOf } from './raw-devices.js';

export async function rawClient(port: number) {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  onTestFinished(() => void socket.destroy());
  const packets: string[] = [];
  const client = {
    socket,
    /** In hex, in the order of their arrival. */
    packets,
    isClosed: false,
    send: (...parts: readonly (Buffer | string)[]) =>
      void socket.write(
        Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part))),
      ),
    closed: new Promise<void>((resolve) => socket.once('close', () => resolve())),
  };
  socket.on('error', () => {});
  socket.on('close', () => {
    client.isClosed = true;
  });
  const take = packetsOf(({ first, body }) => {
    packets.push(Buffer.concat([Buffer.from([first]), body]).toString('hex'));
  });
  socket.on('data', take);
  await new Promise((resolve) => socket.once('connect', resolve));
  return client;
}
