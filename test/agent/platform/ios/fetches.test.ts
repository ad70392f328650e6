// What a command or a declaration makes the device fetch may fail in any way: that command fails, and the queue goes on.
import { beforeAll, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import { readDeclarationStatuses, readStatusReport } from '../../../../protocol/apple-mdm/ddm-status.js';
import { protocolError } from '../../../../protocol/errors.js';
import { describeWith } from '../../../support/programs.js';
import type { Script } from '../../../support/scripted-http.js';
import {
  command,
  enrollmentProfile,
  type OpensslIdentity,
  openStage,
  opensslIdentity,
  profile,
  type Stage,
  scepPayload,
} from './harness.js';

type Failing = ReturnType<Script>;

/** As agent/io/http answers and throws. */
const failures: Readonly<Record<string, () => Failing>> = {
  'too large': () => {
    throw agentError('HTTP_TOO_LARGE', 'more than 1 bytes');
  },
  'redirects without end': () => {
    throw agentError('HTTP_REDIRECTS', 'leads on more than 5 times');
  },
  'no answer in time': () => {
    throw agentError('TRANSPORT_LOST', 'no answer in 60000 ms', { details: { reason: 'timeout' } });
  },
  'refused connection': () => {
    throw agentError('TRANSPORT_LOST', 'no answer: ECONNREFUSED', { details: { reason: 'ECONNREFUSED' } });
  },
  'a certificate of another CA': () => {
    throw agentError('TLS_UNTRUSTED', 'is not trusted');
  },
  'something else than was asked for': () => Buffer.from('<html>Sign in</html>'),
  'a binary property list that is none': () => Buffer.from('bplist00\xff\xff\xff\xff', 'latin1'),
  'nothing at all': () => Buffer.alloc(0),
  '404': () => ({ status: 404 }),
  '401': () => ({ status: 401 }),
  '500': () => ({ status: 500 }),
};

const declared = (type: string, identifier: string, payload: object): string =>
  JSON.stringify({ Type: type, Identifier: identifier, ServerToken: '1', Payload: payload });

/** An activation and one configuration; `asset` where it needs one. */
function declare({ server }: Stage, type: string, payload: object, asset?: object): void {
  const item = (Identifier: string) => [{ Identifier, ServerToken: '1' }];
  server.declarative.set(
    'tokens',
    JSON.stringify({ SyncTokens: { Timestamp: '2026-11-21T08:00:00Z', DeclarationsToken: 'A' } }),
  );
  server.declarative.set(
    'declaration-items',
    JSON.stringify({
      Declarations: {
        Activations: item('act'),
        Configurations: item('conf'),
        Assets: asset === undefined ? [] : item('asset'),
        Management: [],
      },
      DeclarationsToken: 'A',
    }),
  );
  const activation = declared('com.apple.activation.simple', 'act', { StandardConfigurations: ['conf'] });
  server.declarative.set('declaration/activation/act', activation);
  server.declarative.set('declaration/configuration/conf', declared(type, 'conf', payload));
  if (asset !== undefined)
    server.declarative.set('declaration/asset/asset', declared('com.apple.asset.data', 'asset', asset));
}

const test = 'com.apple.configuration.management.test';
const echoing = { Echo: 'x', EchoDataAssetReference: 'asset' };

interface Fetch {
  /** Makes the device fetch something at an address of which this is true. */
  readonly ask: (stage: Stage) => void;
  readonly at: (path: string, body: string) => boolean;
  /** What has failed: the command, or the declaration alone. */
  readonly fails: 'command' | 'declaration';
}

const fetches: Readonly<Record<string, Fetch>> = {
  'an app’s manifest': {
    ask: ({ server }) =>
      server.queue.push(
        command('InstallApplication', '<key>ManifestURL</key><string>https://files.test/file</string>'),
      ),
    at: (path) => path === '/file',
    fails: 'command',
  },
  'SCEP of a profile': {
    ask: ({ server }) =>
      server.queue.push(
        command(
          'InstallProfile',
          `<key>Payload</key><data>${profile('s', [scepPayload(30)]).toString('base64')}</data>`,
        ),
      ),
    at: (path) => path === '/scep',
    fails: 'command',
  },
  'a declared profile': {
    ask(stage) {
      declare(stage, 'com.apple.configuration.legacy', { ProfileURL: 'https://mdm.test/file' });
      stage.server.queue.push(command('DeclarativeManagement'));
    },
    at: (path) => path === '/file',
    fails: 'declaration',
  },
  'an asset that anyone may have': {
    ask(stage) {
      declare(stage, test, echoing, {
        Reference: { DataURL: 'https://files.test/file', 'Hash-SHA-256': '0'.repeat(64) },
      });
      stage.server.queue.push(command('DeclarativeManagement'));
    },
    at: (path) => path === '/file',
    fails: 'declaration',
  },
  'an asset of the MDM server': {
    ask(stage) {
      const Reference = { DataURL: 'https://mdm.test/file', 'Hash-SHA-256': '0'.repeat(64) };
      declare(stage, test, echoing, { Reference, Authentication: { Type: 'MDM' } });
      stage.server.queue.push(command('DeclarativeManagement'));
    },
    at: (path) => path === '/file',
    fails: 'declaration',
  },
};

const cases = Object.entries(fetches).flatMap(([what, fetch]) =>
  Object.entries(failures).map(([how, fail]) => ({ what, how, fetch, fail })),
);

describeWith('openssl')('what a command makes the device fetch', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  async function enrolled() {
    const stage = openStage();
    return { stage, link: await stage.enroll(enrollmentProfile(identity)) };
  }

  /** `details` of the test configuration in the last report. */
  function reported({ server }: Stage) {
    const sent = server.checkIns.findLast((each) => each['Endpoint'] === 'status');
    const report = readStatusReport(sent?.['Data'] as Uint8Array);
    return readDeclarationStatuses(report)?.configurations.find(({ identifier }) => identifier === 'conf');
  }

  it.each(cases)('$what: $how ends that alone, and the next command is carried out', async ({ fetch, fail }) => {
    const { stage, link } = await enrolled();
    stage.server.override = (request) =>
      fetch.at(new URL(request.url).pathname, request.bytes.toString()) ? fail() : undefined;
    fetch.ask(stage);
    stage.server.queue.push(command('DeviceInformation', '<key>Queries</key><array><string>UDID</string></array>'));
    expect(await link.checkIn(stage.session)).toMatchObject({ commands: 2 });
    const [first, second] = stage.server.results.slice(-2);
    expect(second?.['Status']).toBe('Acknowledged');
    expect(first?.['Status']).toBe(fetch.fails === 'command' ? 'Error' : 'Acknowledged');
    if (fetch.fails === 'command') return;
    expect(reported(stage)).toMatchObject({ active: true, valid: 'invalid' });
    expect(reported(stage)?.reasons).toHaveLength(1);
  });

  it('a declaration that is too large, or leads elsewhere for ever, is invalid, and the others stand', async () => {
    for (const how of ['too large', 'redirects without end']) {
      const { stage, link } = await enrolled();
      declare(stage, test, echoing, { Reference: { DataURL: 'https://files.test/file' } });
      stage.server.override = (request) =>
        request.bytes.includes('declaration/configuration/conf') ? failures[how]?.() : undefined;
      stage.server.queue.push(command('DeclarativeManagement'), command('ProfileList'));
      expect(await link.checkIn(stage.session), how).toMatchObject({ commands: 2 });
      expect(reported(stage), how).toMatchObject({
        valid: 'invalid',
        reasons: [{ code: 'Error.InvalidPayload' }],
      });
    }
  });

  it.each(Object.entries(failures))(
    'declarative management that meets %s leaves the commands alone',
    async (how, fail) => {
      const { stage, link } = await enrolled();
      stage.server.override = (request) => (request.bytes.includes('<string>tokens</string>') ? fail() : undefined);
      stage.server.queue.push(command('DeclarativeManagement'), command('ProfileList'));
      const session = link.checkIn(stage.session);
      if (how === '401') await expect(session).rejects.toMatchObject({ code: 'CHECKIN_REFUSED' });
      // An answer that did not come: this session is not called a success.
      else if (/in time|refused connection/.test(how))
        await expect(session).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
      else await session;
      if (how === '401') return;
      expect(stage.server.results.slice(-2).map((each) => each['Status'])).toEqual(['Acknowledged', 'Acknowledged']);
      stage.server.override = undefined;
      declare(stage, test, { Echo: 'now' });
      await link.checkIn(stage.session);
      expect(reported(stage)).toMatchObject({ valid: 'valid' });
    },
  );

  it('a document that did not come is fetched again by the next session', async () => {
    const { stage, link } = await enrolled();
    const asset = { Reference: { DataURL: 'https://files.test/file' } };
    declare(stage, test, echoing, asset);
    stage.server.override = (request) =>
      new URL(request.url).pathname === '/file' ? failures['no answer in time']?.() : undefined;
    stage.server.queue.push(command('DeclarativeManagement'));
    expect(await link.checkIn(stage.session)).toMatchObject({ later: 1 });
    expect(reported(stage)).toMatchObject({ valid: 'invalid', reasons: [{ code: 'Error.AssetCannotBeDownloaded' }] });
    stage.server.override = undefined;
    stage.server.files.set('/file', Buffer.from('here'));
    expect(await link.checkIn(stage.session)).toMatchObject({ later: 0 });
    expect(reported(stage)).toMatchObject({ valid: 'valid' });
  });

  it('a renewal that is answered with more than may be read is taken back, and the queue goes on', async () => {
    const { stage, link } = await enrolled();
    stage.server.override = (request) =>
      request.bytes.includes('<string>Authenticate</string>') ? failures['too large']?.() : undefined;
    const again = enrollmentProfile(identity).toString('base64');
    stage.server.queue.push(
      command('InstallProfile', `<key>Payload</key><data>${again}</data>`),
      command('ProfileList'),
    );
    expect(await link.checkIn(stage.session)).toMatchObject({ commands: 2 });
    expect(stage.server.results.slice(-2).map((each) => each['Status'])).toEqual(['Error', 'Acknowledged']);
  });

  it('bytes that no handler has a word for end their command alone', async () => {
    const stage = openStage({
      decide(asked) {
        if (asked.kind === 'native' && asked.name === 'ProfileList') throw protocolError('X509_MALFORMED', 'damaged');
        return undefined;
      },
    });
    const link = await stage.enroll(enrollmentProfile(identity));
    stage.server.queue.push(command('ProfileList'), command('CertificateList'));
    expect(await link.checkIn(stage.session)).toMatchObject({ commands: 2 });
    const [first, second] = stage.server.results.slice(-2);
    expect(first).toMatchObject({
      Status: 'Error',
      ErrorChain: [{ ErrorCode: 12010, ErrorDomain: 'MCMDMErrorDomain' }],
    });
    expect(second?.['Status']).toBe('Acknowledged');
  });
});
