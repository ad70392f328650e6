// Devices at the least cost: a socket and the packets of MQTT 3.1.1 written by hand, so that a thousand fit into one test.
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { devicePassword } from './stage.js';

const text = (value: string): Buffer => {
  const octets = Buffer.from(value);
  return Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 0xff]), octets]);
};

export const packet = (first: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return Buffer.concat([Buffer.from([first, ...length]), body]);
};

/** CONNECT of a persistent session, as the launcher's. */
export const connectPacket = (
  id: string,
  { user = 'hmdm', password = devicePassword, flags = 0xc0, keepalive = 300 } = {},
) =>
  packet(
    0x10,
    text('MQTT'),
    Buffer.from([4, flags, keepalive >> 8, keepalive & 0xff]),
    text(id),
    text(user),
    text(password),
  );

export const subscribePacket = (topic: string, qos = 2, id = 1): Buffer =>
  packet(0x82, Buffer.from([id >> 8, id & 0xff]), text(topic), Buffer.from([qos]));

/** A packet that the server sent. */
export interface Seen {
  readonly first: number;
  readonly body: Buffer;
}

/** Cuts packets out of a stream, short lengths only. */
export function packetsOf(take: (seen: Seen) => void): (piece: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (piece) => {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (;;) {
      const [first, low = 0, high = 0] = rest;
      const start = low < 128 ? 2 : 3;
      const end = start + (low < 128 ? low : (low & 0x7f) + high * 128);
      if (first === undefined || rest.length < start || rest.length < end) return;
      take({ first, body: rest.subarray(start, end) });
      rest = rest.subarray(end);
    }
  };
}

/** What all devices have handled: by number, the texts in the order of their release. */
export type Handled = Map<string, string[]>;

export interface RawDevice {
  readonly number: string;
  readonly sessionPresent: boolean;
  leave(): Promise<void>;
}

/**
 * Connects and subscribes. A push is handled when it is released (PUBREL), once, whatever is said twice. `together`: so many PUBLISH
 * are answered by one piece with all their PUBREC, as a device does that was given its backlog in one piece.
 */
export function rawDevice(port: number, number: string, handled: Handled, together = 1): Promise<RawDevice> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    onTestFinished(() => void socket.destroy());
    const held = new Map<number, string>();
    let unanswered: Buffer[] = [];
    let sessionPresent = false;
    const closed = new Promise<void>((done) => socket.once('close', () => done()));
    const leave = (): Promise<void> => {
      socket.end(Buffer.from([0xe0, 0]));
      return closed;
    };
    socket.once('error', reject);
    socket.once('connect', () => socket.write(connectPacket(number)));
    socket.on('close', () => reject(new Error(`${number} was closed`)));
    socket.on(
      'data',
      packetsOf(({ first, body }) => {
        switch (first >> 4) {
          case 2:
            sessionPresent = body[0] === 1;
            if (body[1] !== 0) reject(new Error(`CONNACK ${body[1]}`));
            socket.write(subscribePacket(number));
            return;
          case 9:
            resolve({ number, sessionPresent, leave });
            return;
          case 3: {
            const id = body.readUInt16BE(2 + number.length);
            held.set(id, body.subarray(4 + number.length).toString());
            unanswered.push(Buffer.from([0x50, 2, id >> 8, id & 0xff]));
            if (unanswered.length < together) return;
            socket.write(Buffer.concat(unanswered));
            unanswered = [];
            return;
          }
          case 6: {
            const id = body.readUInt16BE(0);
            const payload = held.get(id);
            held.delete(id);
            if (payload !== undefined) handled.get(number)?.push(payload) ?? handled.set(number, [payload]);
            socket.write(Buffer.from([0x70, 2, id >> 8, id & 0xff]));
            return;
          }
        }
      }),
    );
  });
}

/** So many of them, forty at a time. */
export async function rawDevices(port: number, numbers: readonly string[], handled: Handled, together = 1) {
  const devices: RawDevice[] = [];
  const left = [...numbers];
  const one = async (): Promise<void> => {
    for (let number = left.shift(); number !== undefined; number = left.shift())
      devices.push(await rawDevice(port, number, handled, together));
  };
  await Promise.all(Array.from({ length: 40 }, one));
  return devices;
}
