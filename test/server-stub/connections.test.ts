import { IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { createLog } from '../../base/log.js';
import { Connections } from '../../server-stub/connections.js';
import { connectionsFor, shareConnections } from '../../server-stub/descriptors.js';
import { addressKey } from '../../server-stub/remote-address.js';
import { eventually } from '../support/eventually.js';
import { readLogLine } from '../support/log-lines.js';

async function open(max: number, isTls = false) {
  const clock = manualClock(0);
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(readLogLine(line)) } });
  const server = createServer({ allowHalfOpen: true });
  const connections = new Connections(server, isTls, { name: 'test', max, log, clock });
  const accepted: Socket[] = [];
  let dropped = 0;
  server.on('connection', (socket) => accepted.push(socket.resume().on('error', () => {})));
  server.on('drop', () => dropped++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    connections.cutAll();
    server.close();
  });
  /** A new connection: the server's end, or undefined where it was not taken. */
  const enter = async (): Promise<Socket | undefined> => {
    const [before, droppedBefore] = [accepted.length, dropped];
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    onTestFinished(() => void socket.destroy());
    await eventually(() => accepted.length > before || dropped > droppedBefore);
    const own = accepted[before];
    return own?.destroyed === false ? own : undefined;
  };
  const enterAll = async (count: number) => {
    const all: (Socket | undefined)[] = [];
    for (let n = 0; n < count; n++) all.push(await enter());
    return all;
  };
  /** A request that is being read; `isComplete`: it is being answered. */
  const ask = (socket: Socket | undefined, isComplete: boolean) => {
    if (socket === undefined) throw new Error('no connection');
    connections.asked(socket, Object.assign(new IncomingMessage(socket), { complete: isComplete }));
  };
  const there = (sockets: readonly (Socket | undefined)[]) => sockets.map((each) => each?.destroyed === false);
  return { server, connections, clock, lines, enter, enterAll, ask, there };
}

describe('a server that is full', () => {
  it('ends who has asked nothing, the oldest first, and is never quite full', async () => {
    const { clock, connections, enter, enterAll, there } = await open(4);
    const first = await enterAll(3);
    await clock.advance(2_000);
    const fourth = await enter();
    expect(there([...first, fourth])).toEqual([false, true, true, true]);
    expect(connections.open).toBe(3);
  });

  it('refuses new ones while those that are there are new too, and says so once in ten seconds, with a count', async () => {
    const { clock, lines, connections, enter, enterAll, there } = await open(4);
    const four = await enterAll(4);
    for (let n = 0; n < 5; n++) expect(await enter()).toBeUndefined();
    expect(there(four)).toEqual([true, true, true, true]);
    expect(lines).toMatchObject([{ event: 'CONNECTIONS_FULL', server: 'test', max: 4, refused: 1, ended: 0 }]);
    await clock.advance(10_000);
    expect(lines[1]).toMatchObject({ event: 'CONNECTIONS_FULL', refused: 4, ended: 0 });
    expect(await enter()).toBeUndefined(); // this one makes room for the next
    expect(await enter()).toBeDefined();
    expect(connections.open).toBeLessThanOrEqual(4);
    await clock.advance(60_000);
    expect(lines).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  it('ends first who has asked nothing, then who waits to ask again, then who does not come to the end of a request', async () => {
    const { clock, connections, enter, enterAll, ask, there } = await open(5);
    const [answering, reading, idle, quiet] = await enterAll(4);
    ask(answering, true);
    ask(reading, false);
    if (idle !== undefined) connections.answered(idle);
    await clock.advance(6_000);
    const all = [answering, reading, idle, quiet];
    const enterOneMore = async () => {
      ask(await enter(), true);
      return there(all);
    };
    expect(await enterOneMore()).toEqual([true, true, true, false]);
    expect(await enterOneMore()).toEqual([true, true, false, false]);
    expect(await enterOneMore()).toEqual([true, false, false, false]);
    ask(await enter(), true);
    expect(await enter()).toBeUndefined(); // all that are there are being answered
    expect(there(all)).toEqual([true, false, false, false]);
  });

  it('never ends who is known', async () => {
    const { clock, connections, enter, enterAll, there } = await open(4);
    const known = await enterAll(4);
    for (const socket of known) if (socket !== undefined) connections.settled(socket);
    await clock.advance(3_600_000);
    expect(await enter()).toBeUndefined();
    expect(there(known)).toEqual([true, true, true, true]);
  });

  it('ends a connection without one octet of a handshake at once, and lets half of all be in one', async () => {
    const { server, connections, enter, enterAll, there } = await open(8, true);
    const silent = await enterAll(6);
    expect(there(silent)).toEqual([false, false, true, true, true, true]);
    for (const socket of silent) if (socket?.destroyed === false) server.emit('secureConnection', socket);
    const more = await enterAll(3);
    expect(there([...silent.slice(2), ...more])).toEqual([true, true, true, true, true, true, true]);
    expect(connections.open).toBe(7);
    await enter();
    expect(there(more)).toEqual([false, true, true]); // it has no handshake; the others have
  });
});

describe('the bound', () => {
  it('leaves descriptors for files, and has an end', () => {
    expect([256, 1024, 20_000, 1_000_000, 10].map(connectionsFor)).toEqual([192, 960, 19_936, 50_000, 8]);
  });

  it('is shared by devices and senders of pushes', () => {
    expect([192, 19_936, 8].map(shareConnections)).toEqual([
      { http: 168, push: 24 },
      { http: 19_424, push: 512 },
      { http: 4, push: 4 },
    ]);
  });
});

it('one address is an IPv4 address, or 64 bits of IPv6', () => {
  const keys = ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1', '2001:DB8:0:0:9::7', '::1', 'fe80::1%eth0', undefined];
  expect(keys.map(addressKey)).toEqual([
    '192.0.2.1',
    '192.0.2.1',
    '2001:db8:0:0::/64',
    '2001:db8:0:0::/64',
    '0:0:0:0::/64',
    'fe80:0:0:0::/64',
    '',
  ]);
});
