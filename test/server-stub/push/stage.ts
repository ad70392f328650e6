// The push service behind a real HTTP server and WebSocket, without the rest of the stub, and clients that count what they get.
import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { manualClock } from '../../../base/clock.js';
import { createLog } from '../../../base/log.js';
import { decodePushToClient, encodePush, pushLimits } from '../../../protocol/push.js';
import { Connections } from '../../../server-stub/connections.js';
import { FanOut } from '../../../server-stub/push/fan-out.js';
import { keepMs, PushService } from '../../../server-stub/push/service.js';
import { attachPushSockets, type PushServerOptions } from '../../../server-stub/push/websocket.js';
import { readLogLine } from '../../support/log-lines.js';

/** The n-th token: 32 bytes in hex, as devices have them. */
export const tokenOf = (n: number): string => createHash('sha256').update(String(n)).digest('hex');
export const tokensOf = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, n) => tokenOf(from + n));

/** All that was already set going gets to run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits for a state, however long that takes a busy machine. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await settle();
}

interface Options extends Partial<Pick<PushServerOptions, 'stalledMs' | 'maxUnsentBytes' | 'maxTokens'>> {
  readonly ratePerSecond?: number;
}

export async function openPushStage({ ratePerSecond, ...options }: Options = {}) {
  const clock = manualClock(Date.parse('2026-11-21T12:00:00Z'));
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(readLogLine(line)) } });
  const service = new PushService({ clock });
  const server = createServer();
  const transports: Socket[] = [];
  server.on('connection', (socket) => transports.push(socket));
  const connections = new Connections(server, false, { name: 'test', max: 1000, log, clock });
  const fanOut = new FanOut({ clock, ratePerSecond });
  const sockets = attachPushSockets({ server, connections, path: '/push', service, fanOut, clock, log, ...options });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    fanOut.close();
    sockets.close();
    server.close();
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/push`;
  return {
    clock,
    service,
    lines,
    /** The server's ends of the connections, in the order in which they were opened. */
    transports,
    connect: () => connect(url),
    wake(
      token: string,
      { payload = '{"mdm":"M"}', id = randomUUID() as string, expiresAt = clock.now() + keepMs } = {},
    ) {
      return service.push({ token, id, payload, expiresAt });
    },
  };
}

async function connect(url: string) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  onTestFinished(() => socket.terminate());
  const client = {
    socket,
    registered: new Set<string>(),
    /** Tokens of the notifications, in the order of their arrival. */
    arrived: [] as string[],
    payloads: [] as string[],
    /** False: says nothing about what it has got. */
    confirms: true,
    isClosed: false,
    register(tokens: readonly string[]) {
      for (let from = 0; from < tokens.length; from += pushLimits.maxTokens)
        socket.send(encodePush({ type: 'register', tokens: tokens.slice(from, from + pushLimits.maxTokens) }));
    },
    async registerAll(tokens: readonly string[]) {
      client.register(tokens);
      await until(() => client.registered.size === tokens.length);
    },
    async close() {
      socket.close();
      await until(() => client.isClosed);
    },
  };
  socket.on('close', () => {
    client.isClosed = true;
  });
  socket.on('message', (data: Buffer) => {
    const message = decodePushToClient(data);
    if (message.type === 'registered') {
      for (const token of message.tokens) client.registered.add(token);
      return;
    }
    client.arrived.push(message.token);
    client.payloads.push(message.payload);
    if (client.confirms) socket.send(encodePush({ type: 'received', id: message.id }));
  });
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  return client;
}
