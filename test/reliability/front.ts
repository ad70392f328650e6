// A front before a server, at which a test stops the world: a client is killed before its request goes on, or before it has the answer.
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** Where something happens: the first request whose line (`GET /path`) matches, before it goes on or once it is answered. */
export interface Point {
  /** Is given each line with its query, once. */
  readonly at: Pick<RegExp, 'test'>;
  readonly when: 'before' | 'after';
  act(): Promise<void>;
}

export interface Front {
  readonly url: string;
  readonly port: number;
  /** Lines of the requests that came, `GET /path`. */
  readonly lines: string[];
  /** Set, it acts once. */
  point: Point | undefined;
  close(): void;
}

/** `target`: address of a server without TLS. */
export async function openFront(target: string): Promise<Front> {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((asked, response) => {
    void pass(asked, response, target, front).catch(() => asked.socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  server.on('upgrade', (asked, socket, head) => {
    const { port } = new URL(target);
    const other = connect(Number(port), '127.0.0.1', () => {
      other.write(`${asked.method} ${asked.url} HTTP/1.1\r\n`);
      for (let k = 0; k < asked.rawHeaders.length; k += 2)
        other.write(`${asked.rawHeaders[k]}: ${asked.rawHeaders[k + 1]}\r\n`);
      other.write('\r\n');
      other.write(head);
      socket.pipe(other).pipe(socket);
    });
    other.on('error', () => socket.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const front: Front = {
    url: `http://localhost:${port}`,
    port,
    lines,
    point: undefined,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return front;
}

async function pass(asked: IncomingMessage, response: ServerResponse, target: string, front: Front): Promise<void> {
  const line = `${asked.method} ${asked.url?.split('?')[0]}`;
  front.lines.push(line);
  const { point } = front;
  const isPoint = point?.at.test(`${asked.method} ${asked.url}`) === true;
  if (isPoint) front.point = undefined;
  const body = Buffer.concat(await asked.toArray());
  if (isPoint && point?.when === 'before') {
    await point.act();
    asked.socket.destroy();
    return;
  }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const { method, headers } = asked;
    const to = send(new URL(asked.url ?? '/', target), { ...(method && { method }), headers }, resolve);
    to.on('error', reject).end(body);
  });
  const whole = Buffer.concat(await answer.toArray());
  if (isPoint) {
    await point?.act();
    asked.socket.destroy();
    return;
  }
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  response.end(whole);
}
