// MQTT brokers for tests: aedes in this process, and Debian's mosquitto.
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { type AddressInfo, connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';

export interface TestBroker {
  readonly port: number;
  /** Client ids that are connected and have been granted a subscription on this connection. */
  readonly subscribed: ReadonlySet<string>;
  /** With QoS 2, as the Headwind server does. */
  publish(topic: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/** Listens on a port of the system's choice. */
export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** aedes as it comes; `options` are its own. It keeps sessions in memory. */
export async function openAedes(
  options: Parameters<typeof Aedes.createBroker>[0] = {},
): Promise<TestBroker & { readonly aedes: Aedes }> {
  const aedes = await Aedes.createBroker(options);
  const subscribed = new Set<string>();
  aedes.on('subscribe', (_topics, client) => client !== null && subscribed.add(client.id));
  aedes.on('clientDisconnect', ({ id }) => subscribed.delete(id));
  const server = createServer(aedes.handle);
  let published = Promise.resolve();
  return {
    aedes,
    port: await listening(server),
    subscribed,
    publish(topic, text) {
      published = published.then(() => delivered(aedes, subscribed, topic, text));
      return published;
    },
    close: () =>
      new Promise((resolve) => {
        server.close();
        aedes.close(() => resolve());
      }),
  };
}

/**
 * Resolves when the device has it, or is not there. One at a time: of two with QoS 2 in flight to one client, aedes 1.2.0 now and
 * then releases the second twice and the first never.
 */
function delivered(aedes: Aedes, subscribed: ReadonlySet<string>, topic: string, text: string): Promise<void> {
  const packet = { cmd: 'publish', topic, payload: Buffer.from(text), qos: 2, retain: false, dup: false } as const;
  return new Promise((resolve, reject) => {
    const end = (): void => {
      aedes.off('ack', end);
      aedes.off('clientDisconnect', end);
      resolve();
    };
    if (subscribed.has(topic)) {
      aedes.on('ack', end);
      aedes.on('clientDisconnect', end);
    }
    aedes.publish(packet, (error) => {
      if (error) reject(error);
      else if (!subscribed.has(topic)) end();
    });
  });
}

/** mosquitto, told by its own log. `settings`: lines of its configuration file. */
export async function openMosquitto(settings: readonly string[] = ['allow_anonymous true']): Promise<TestBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-mosquitto-'));
  const port = await freePort();
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, [`listener ${port} 127.0.0.1`, 'log_dest stderr', 'log_type all', ...settings, ''].join('\n'));
  const broker = spawn('mosquitto', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const subscribed = new Set<string>();
  const exited = new Promise<void>((resolve) => broker.on('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    broker.on('error', reject);
    exited.then(() => reject(new Error('mosquitto ended')));
    let line = '';
    broker.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const each of lines) {
        if (/ mosquitto version .* running/.test(each)) resolve();
        note(each, subscribed);
      }
    });
  });
  const publisher = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    clientId: 'publisher',
    username: 'admin',
    password: 'admin',
  });
  return {
    port,
    subscribed,
    async publish(topic, text) {
      await publisher.publishAsync(topic, text, { qos: 2 });
    },
    async close() {
      await publisher.endAsync(true);
      broker.kill();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function note(line: string, subscribed: Set<string>): void {
  const granted = / Sending SUBACK to (\S+)$/.exec(line)?.[1];
  if (granted !== undefined) subscribed.add(granted);
  const gone = /(?:on client|Client) (\S+?)[ ,](?:disconnect|closed its|already connected|has exceeded)/.exec(
    line,
  )?.[1];
  if (gone !== undefined) subscribed.delete(gone);
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A relay to a port: connections can be cut, and refused. */
export async function openRelay(toPort: () => number): Promise<{
  readonly port: number;
  readonly accepted: number;
  cut(): void;
  serve(does: boolean): void;
  close(): void;
}> {
  const sockets = new Set<Socket>();
  let isServing = true;
  let accepted = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (!isServing) {
      socket.destroy();
      return;
    }
    accepted++;
    const onward = connectTo(toPort());
    for (const [each, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(each);
      each.on('error', () => {});
      each.on('close', () => {
        sockets.delete(each);
        other.destroy();
      });
      each.pipe(other);
    }
  });
  const cut = () => {
    for (const each of sockets) each.destroy();
  };
  return {
    port: await listening(server),
    get accepted() {
      return accepted;
    },
    cut,
    serve(does) {
      isServing = does;
      if (!does) cut();
    },
    close() {
      cut();
      server.close();
    },
  };
}
