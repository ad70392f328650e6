// Addresses that are not the MDM server's, on real sockets: whatever goes wrong there ends a command or a declaration, never
// a session. The MDM server itself is scripted; what the device fetches goes through the http of agent/io.
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../../../agent/io/http.js';
import { manualClock } from '../../../../base/clock.js';
import { describeWith } from '../../../support/programs.js';
import { authority, serverCertificate, serving } from '../../../support/server-certificates.js';
import { activating, declarativeStage, declare, legacy, reasons, test } from './ddm-stage.js';
import { command, type OpensslIdentity, opensslIdentity, payload, profile, scepPayload } from './harness.js';

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = async (answer: RequestListener): Promise<string> => `http://${await listen(createServer(answer))}/file`;

/** How an address fails. */
const addresses: Readonly<Record<string, () => Promise<string>>> = {
  'that nobody listens at': async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return `https://127.0.0.1:${port}/file`;
  },
  'whose name is unknown': async () => 'https://no-such-host.invalid/file',
  'without TLS where TLS is asked for': async () =>
    `https://${await listen(createServer((_, to) => to.end('x')))}/file`,
  'that hangs up': async () => `http://${await listen(createTcpServer((socket) => socket.destroy()))}/file`,
  'that hangs up half-way': () =>
    serve((_, to) => {
      to.writeHead(200, { 'content-length': '1000' });
      to.write('half', () => to.destroy());
    }),
  'that is no HTTP': async () =>
    `http://${await listen(createTcpServer((socket) => void socket.end('SSH-2.0\r\n')))}/x`,
  'that leads on for ever': () => serve((_, to) => void to.writeHead(302, { location: '/file' }).end()),
  'that leads on to nowhere': () => serve((_, to) => void to.writeHead(302, { location: 'http://[' }).end()),
  'that never ends': () =>
    serve((_, to) => {
      const more = (): void => void to.write(Buffer.alloc(1 << 20), () => setImmediate(more));
      to.on('error', () => {});
      more();
    }),
  'with 401': () => serve((_, to) => void to.writeHead(401).end()),
  'with 500': () => serve((_, to) => void to.writeHead(500).end()),
  'with nothing': () => serve((_, to) => void to.end()),
  'that is no address': async () => 'https://',
  'of a file': async () => 'file:///etc/passwd',
};

const wifi = payload('com.apple.wifi.managed', 21, '<key>SSID_STR</key><string>x</string>');

describeWith('openssl')('an address of somebody else', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  /** A device whose GETs go out for real; `own` are the paths of the MDM server that are scripted. */
  async function enrolled() {
    const made = await declarativeStage(identity, { allowHttp: true });
    const network = manualClock();
    const http = createHttp({ allowHttp: true, timeoutMs: 3_600_000, clock: network }); // what bounds the time is above it
    onTestFinished(() => http.close());
    made.stage.server.override = async (request) => {
      if (request.url.startsWith('https://mdm.test/')) return undefined;
      const session = http.open();
      try {
        return await session.request({ ...request, method: request.method });
      } finally {
        session.close();
      }
    };
    const queue = (...commands: Buffer[]) => made.stage.server.queue.push(...commands, command('ProfileList'));
    return { ...made, queue, network };
  }

  const cases = Object.keys(addresses);

  it.each(cases)('%s ends an InstallApplication with 12023, and the next command is carried out', async (how) => {
    const { stage, link, queue } = await enrolled();
    const url = (await addresses[how]?.()) ?? '';
    queue(command('InstallApplication', `<key>ManifestURL</key><string>${url}</string>`));
    expect(await link.checkIn(stage.session)).toMatchObject({ commands: 2 });
    const [first, second] = stage.server.results.slice(-2);
    expect(first).toMatchObject({ Status: 'Error', ErrorChain: [{ ErrorCode: 12023 }] });
    expect(second?.['Status']).toBe('Acknowledged');
    expect(stage.happenings).toContainEqual(expect.objectContaining({ type: 'trouble', about: 'ManifestURL' }));
  });

  it('whose certificate is refused is told with what to do about it', async () => {
    const { stage, link, queue } = await enrolled();
    const { origin } = await serving(serverCertificate(authority('Elsewhere')));
    const body = profile('s', [scepPayload(30, '', `${origin}/scep`)]).toString('base64');
    queue(
      command('InstallApplication', `<key>ManifestURL</key><string>${origin}/file</string>`),
      command('InstallProfile', `<key>Payload</key><data>${body}</data>`),
    );
    await link.checkIn(stage.session);
    const hint = expect.stringMatching(/authorities above its own/);
    for (const code of ['FETCH_FAILED', 'TLS_UNTRUSTED'])
      expect(stage.happenings).toContainEqual(expect.objectContaining({ code, hint }));
  });

  it.each(cases)('%s ends the profile that names it for SCEP', async (how) => {
    const { stage, link, queue } = await enrolled();
    const url = (await addresses[how]?.()) ?? '';
    const body = profile('s', [scepPayload(30, '', url)]).toString('base64');
    queue(command('InstallProfile', `<key>Payload</key><data>${body}</data>`));
    expect(await link.checkIn(stage.session)).toMatchObject({ commands: 2 });
    expect(stage.server.results.slice(-2).map((each) => each['Status'])).toEqual(['Error', 'Acknowledged']);
  });

  it.each(cases)('%s makes the configuration and the asset invalid, and is asked again', async (how) => {
    const { stage, link, sync, told } = await enrolled();
    const DataURL = (await addresses[how]?.()) ?? '';
    declare(stage, 'A', {
      act: activating('bad', 'good'),
      bad: { type: test, payload: { Echo: 'b', EchoDataAssetReference: 'asset' } },
      good: { type: test, payload: { Echo: 'g' } },
      asset: { type: 'com.apple.asset.data', payload: { Reference: { DataURL, Size: 4 } } },
    });
    stage.server.queue.push(command('ProfileList'));
    expect((await sync()).report).toMatchObject({ commands: 2, later: how === 'with nothing' ? 0 : 1 });
    expect(told('configurations', 'good')).toMatchObject({ active: true, valid: 'valid' });
    expect(told('configurations', 'bad')).toMatchObject({ active: true, valid: 'invalid' });
    expect(told('assets', 'asset')).toMatchObject({ active: true, valid: 'invalid' });
    const code = how === 'with nothing' ? 'Error.AssetCannotBeVerified' : 'Error.AssetCannotBeDownloaded';
    expect(reasons(told('assets', 'asset'))).toEqual([code]);
    if (how === 'with nothing') return; // what came is not what was declared: asking again does not mend that

    stage.server.override = undefined;
    stage.server.files.set(new URL(DataURL === 'https://' ? 'https://x/' : DataURL).pathname, Buffer.from('here'));
    const isFetchable = /^https?:\/\/./.test(DataURL);
    await link.checkIn(stage.session);
    expect(told('assets', 'asset')).toMatchObject({ valid: isFetchable ? 'valid' : 'invalid' });
    expect(told('configurations', 'bad')).toMatchObject({ valid: isFetchable ? 'valid' : 'invalid' });
  });

  it.each([
    ['is not there yet', () => undefined],
    ['names a SCEP server that nobody runs', (url: string) => profile('office', [wifi, scepPayload(30, '', url)])],
  ])('a declared profile that %s is asked for again by the next session', async (_name, firstAt) => {
    const { stage, link, sync, told } = await enrolled();
    const url = (await addresses['that nobody listens at']?.()) ?? '';
    const first = firstAt(url);
    if (first !== undefined) stage.server.files.set('/file', first);
    declare(stage, 'A', {
      act: activating('l'),
      l: { type: legacy, payload: { ProfileURL: 'https://mdm.test/file' } },
    });
    expect((await sync()).report).toMatchObject({ later: 1 });
    expect(told('configurations', 'l')).toMatchObject({ active: true, valid: 'invalid' });
    stage.server.files.set('/file', profile('office', [wifi]));
    expect(await link.checkIn(stage.session)).toMatchObject({ later: 0 });
    expect(told('configurations', 'l')).toMatchObject({ active: true, valid: 'valid' });
    expect(stage.names()).toEqual(['office']);
  });

  it('that says nothing holds the session for a minute at most', async () => {
    const { stage, link, queue, network } = await enrolled();
    let isAsked = (): void => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const url = await serve(() => isAsked()); // and never answers
    queue(command('InstallApplication', `<key>ManifestURL</key><string>${url}</string>`));
    const session = link.checkIn(stage.session);
    await asked;
    await stage.clock.advance(3_600_000); // the device's own time may pass quickly: the network does not hurry with it
    expect(stage.server.results.filter((each) => each['Status'] === 'Error')).toEqual([]);
    await network.advance(60_000);
    expect(await session).toMatchObject({ commands: 2 });
    expect(stage.server.results.slice(-2).map((each) => each['Status'])).toEqual(['Error', 'Acknowledged']);
  });

  it('on the MDM server’s own host and port, too', async () => {
    const { stage, sync, told } = await enrolled();
    stage.server.files.set('/file', profile('office', [wifi]));
    const calls: string[] = [];
    stage.server.override = (request) => {
      calls.push(request.method);
      return request.method === 'GET' ? { status: 401 } : undefined;
    };
    declare(stage, 'A', {
      act: activating('l', 'good'),
      l: { type: legacy, payload: { ProfileURL: 'https://mdm.test/file' } },
      good: { type: test, payload: { Echo: 'g' } },
    });
    stage.server.queue.push(
      command('InstallApplication', '<key>ManifestURL</key><string>https://mdm.test/checkin</string>'),
      command('ProfileList'),
    );
    expect((await sync()).report).toMatchObject({ commands: 3 });
    expect(calls).toContain('GET');
    expect(told('configurations', 'l')).toMatchObject({ active: true, valid: 'invalid' });
    expect(told('configurations', 'good')).toMatchObject({ active: true, valid: 'valid' });
  });
});
