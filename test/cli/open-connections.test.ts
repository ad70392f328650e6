// The built stub as a process, under clients that say nothing, end nothing and read nothing.
import { readdirSync } from 'node:fs';
import { request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { realClock } from '../../base/clock.js';
import { descriptors } from '../support/namespaces.js';
import { describeIf, has } from '../support/outside.js';
import { type Announced, commandLine } from './rollcall.js';

const { start, folder } = commandLine();

async function startServer(options: Parameters<typeof start>[1] = {}, args: readonly string[] = []) {
  const started = start(['server', '--port', '0', '--json', ...args], options);
  const [line] = await started.says(/^\{.*\}$/m);
  const announced = JSON.parse(line) as Announced;
  return { ...started, announced, descriptors: () => readdirSync(`/proc/${started.child.pid}/fd`).length };
}

/** The status of a request on a connection of its own. */
const ask = ({ url, ca }: Announced, path = '/scep?operation=GetCACaps') =>
  new Promise<number | undefined>((resolve, reject) => {
    const sent = request(new URL(path, url), { ca, servername: 'localhost', agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    sent.on('error', reject).end();
  });

/** A connection that says nothing. */
const silent = (url: string) =>
  new Promise<Socket>((resolve) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.once('connect', () => resolve(socket)).on('error', () => resolve(socket));
  });

/** A connection that never ends its side, and on which this is sent. */
const holding = (url: string, ca: string, octets: string, ALPNProtocols: string[] = []) =>
  new Promise<TLSSocket>((resolve) => {
    const raw = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    const socket = connectTls({ socket: raw, servername: 'localhost', ca, ALPNProtocols });
    raw.on('error', () => {});
    onTestFinished(() => void raw.destroy());
    socket.on('error', () => {}).once('secureConnect', () => socket.write(octets, () => resolve(socket)));
  });

describeIf(has('prlimit'), 'prlimit')('a stub with 256 descriptors', () => {
  it('serves while 300 connections to each port say nothing, and has none left of them afterwards', async () => {
    const { child, ended, announced, descriptors: open } = await startServer({ within: descriptors(256) });
    expect(await ask(announced)).toBe(200);
    const before = open();
    const all: Socket[] = [];
    for (const url of [announced.url, announced.apnsUrl]) {
      for (let n = 0; n < 300; n++) all.push(await silent(url));
    }
    expect(await ask(announced)).toBe(200);
    expect(open()).toBeLessThan(256 - 32);
    while (open() > before) await realClock.sleep(50); // those that are left have 15 s for their handshake
    expect(await ask(announced)).toBe(200);
    for (const socket of all) socket.destroy();
    child.kill('SIGTERM');
    const { code, err } = await ended;
    expect(code).toBe(143);
    expect(err).toMatch(/"server":"http".*"msg":"CONNECTIONS_FULL"/);
    expect(err).toMatch(/"server":"push".*"msg":"CONNECTIONS_FULL"/);
    expect(err.match(/CONNECTIONS_FULL/g)?.length).toBeLessThan(12);
  });

  it('serves again after connections that begin a handshake and no more have had it full', async () => {
    const { child, ended, announced } = await startServer({ within: descriptors(256) });
    const all = await Promise.all(Array.from({ length: 300 }, () => silent(announced.url)));
    for (const socket of all) {
      socket.on('error', () => {});
      if (socket.writable) socket.write(Buffer.from('160301', 'hex'));
    }
    const isServed = () =>
      ask(announced).then(
        (status) => status === 200,
        () => false,
      );
    while (!(await isServed())) await realClock.sleep(50);
    for (const socket of all) socket.destroy();
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
  });
});

describe('a stub that is stopped', () => {
  it('ends within ten seconds, whatever its clients do, and has everything stored', async () => {
    const data = folder();
    const { child, ended, announced } = await startServer({}, ['--data', data]);
    const { url, apnsUrl, pushUrl, ca, tokens } = announced;
    const head = 'PUT /mdm HTTP/1.1\r\nHost: x\r\n';
    const slow = [
      await holding(url, ca, `${head}Content-Length: 1000\r\n\r\n`),
      await holding(url, ca, `${head}A: `),
      await holding(apnsUrl, ca, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', ['h2']),
    ];
    const drip = setInterval(() => {
      for (const socket of slow.slice(0, 2)) if (socket.writable) socket.write('x');
    }, 1000);
    onTestFinished(() => clearInterval(drip));
    const list = `GET /v1.0/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tokens.reader}\r\n\r\n`;
    (await holding(url, ca, list.repeat(30))).pause(); // never reads its answers
    const socket = new WebSocket(pushUrl, { ca });
    onTestFinished(() => socket.terminate());
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    const registered = new Promise((resolve) => socket.once('message', resolve));
    socket.send('{"type":"register","tokens":["ab"]}');
    await registered;
    socket.pause(); // ignores that it is closed
    expect(await addUser(announced, 'kept@contoso.example')).toBe(201);
    child.kill('SIGTERM');
    const { code, err } = await ended;
    expect({ code, err }).toEqual({ code: 143, err: expect.not.stringContaining('not stopped in') });
    const again = await startServer({}, ['--data', data]);
    expect(await statusOf(again.announced, 'GET', '/v1.0/users/kept@contoso.example')).toBe(200);
    again.child.kill('SIGTERM');
    expect((await again.ended).code).toBe(143);
  });

  it('ends at once when it is told so a second time', async () => {
    const { child, ended, announced } = await startServer();
    await holding(announced.url, announced.ca, 'PUT /mdm HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n');
    await ask(announced);
    child.kill('SIGTERM');
    await refused(announced); // it listens no more: it has heard
    child.kill('SIGINT');
    expect([130, 143]).toContain((await ended).code);
  });
});

async function refused(announced: Announced): Promise<void> {
  for (;;) {
    try {
      await ask(announced);
    } catch {
      return;
    }
  }
}

const addUser = (announced: Announced, userPrincipalName: string) =>
  statusOf(announced, 'POST', '/v1.0/users', JSON.stringify({ userPrincipalName, displayName: 'Kept' }));

const statusOf = ({ url, ca, tokens }: Announced, method: string, path: string, body?: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const headers = { authorization: `Bearer ${tokens.administrator}`, 'content-type': 'application/json' };
    const options = { method, ca, servername: 'localhost', agent: false as const, headers };
    const sent = request(new URL(path, url), options, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    sent.on('error', reject).end(body);
  });
