// What an authority may put on a device has bounds: beyond them the command or the declaration is refused, and nothing else.
import { beforeAll, expect, it } from 'vitest';
import { mostDeclarationBytes } from '../../../../agent/platform/ios/ddm/fetch-declarations.js';
import { mostKeptBytes, weightOf } from '../../../../agent/platform/weight.js';
import { readDeclarationStatuses, readStatusReport } from '../../../../protocol/apple-mdm/ddm-status.js';
import { describeWith } from '../../../support/programs.js';
import {
  command,
  enrollmentProfile,
  type OpensslIdentity,
  openStage,
  opensslIdentity,
  payload,
  profile,
  scepPayload,
} from './harness.js';

const many = 100_000;
const text = (value: string): string => `<string>${value}</string>`;
const pair = `<array>${text('CN')}${text('a')}</array>`;

const tooMuch: Readonly<Record<string, readonly string[]>> = {
  'a hundred thousand alternative names': [
    scepPayload(
      30,
      `<key>SubjectAltName</key><dict><key>dNSName</key><array>${text('a.b').repeat(many)}</array></dict>`,
    ),
  ],
  'a hundred thousand relative names': [
    scepPayload(30, `<key>Subject</key><array>${`<array>${pair}</array>`.repeat(many)}</array>`),
  ],
  'a relative name of a hundred thousand attributes': [
    scepPayload(30, `<key>Subject</key><array><array>${pair.repeat(many)}</array></array>`),
  ],
  'a hundred and one names': [
    scepPayload(30, `<key>Subject</key><array>${`<array>${pair}</array>`.repeat(101)}</array>`),
  ],
  'a thousand and one payloads': Array.from({ length: 1001 }, (_, at) => payload('com.example.app', 100 + at, '')),
};

const install = (...payloads: readonly string[]): Buffer =>
  command('InstallProfile', `<key>Payload</key><data>${profile('p', payloads).toString('base64')}</data>`);

describeWith('openssl')('an authority that brings too much', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  async function enrolled() {
    const stage = openStage();
    const link = await stage.enroll(enrollmentProfile(identity));
    return { stage, link };
  }

  it.each(Object.entries(tooMuch))(
    'has a profile with %s refused, and the next command carried out',
    async (_, payloads) => {
      const { stage, link } = await enrolled();
      const asked = stage.http.requests.length;
      stage.server.queue.push(install(...payloads), command('ProfileList'));
      expect(await link.checkIn(stage.session)).toMatchObject({ commands: 2 });
      expect(stage.server.results.slice(-2).map((each) => each['Status'])).toEqual(['Error', 'Acknowledged']);
      expect(stage.http.requests.length - asked).toBe(3); // nobody was asked for a certificate
    },
  );

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'may call the type of a payload or of a declaration %s: it is one like any other',
    async (type) => {
      const { stage, link } = await enrolled();
      stage.server.queue.push(install(payload(type, 40, '')), install(payload(type, 40, '')), command(type));
      await link.checkIn(stage.session);
      expect(stage.server.results.slice(-3).map((each) => each['Status'])).toEqual([
        'Acknowledged',
        'Acknowledged',
        'Error',
      ]);
      declare(stage.server.declarative, { one: type }, '');
      stage.server.queue.push(command('DeclarativeManagement'));
      await link.checkIn(stage.session);
      expect(reported(stage.server.checkIns).map(({ reasons }) => reasons?.map(({ code }) => code))).toEqual([
        ['Error.UnknownDeclarationType'],
      ]);
    },
  );

  it('has declarations up to a number of bytes; the others are told to be unreadable, and not even fetched', async () => {
    const { stage, link } = await enrolled();
    const each = 'x'.repeat(1_000_000);
    const names = Array.from({ length: 20 }, (_, at) => `d${String(at).padStart(2, '0')}`);
    declare(
      stage.server.declarative,
      Object.fromEntries(names.map((name) => [name, 'com.apple.configuration.management.test'])),
      each,
    );
    stage.server.queue.push(command('DeclarativeManagement'), command('ProfileList'));
    expect(await link.checkIn(stage.session)).toMatchObject({ commands: 2 });
    const fetched = stage.server.endpoints.filter((endpoint) => endpoint.startsWith('declaration/'));
    expect(fetched).toHaveLength(Math.ceil(mostDeclarationBytes / (each.length + 100)));
    const unreadable = reported(stage.server.checkIns).filter(
      ({ reasons }) => reasons?.[0]?.code === 'Error.InvalidPayload',
    );
    expect(unreadable.map(({ identifier }) => identifier)).toEqual(names.slice(fetched.length));
    expect(weightOf(link.saved.data)).toBeLessThan(mostDeclarationBytes + 2 * each.length);
  });

  it('finds a full device: what brings more is refused, what asks and what takes away is not', async () => {
    const { stage, link } = await enrolled();
    stage.server.queue.push(install(payload('com.example.app', 40, '')));
    await link.checkIn(stage.session);
    const [first, ...others] = stage.view.state.holdings;
    if (first === undefined) throw new Error('nothing is held');
    const big = {
      kind: 'configuration',
      name: 'big',
      type: 'x',
      settings: { big: Buffer.alloc(mostKeptBytes) },
    } as const;
    stage.view.state = { ...stage.view.state, holdings: [{ ...first, profile: big }, first, ...others] };
    stage.server.queue.push(
      install(payload('com.example.app', 41, '')),
      command('InstallApplication', '<key>iTunesStoreID</key><integer>1</integer>'),
      command('InstallProvisioningProfile', '<key>ProvisioningProfile</key><data>AA==</data>'),
      command('ProfileList'),
      command('RemoveProfile', '<key>Identifier</key><string>p</string>'),
    );
    expect(await link.checkIn(stage.session)).toMatchObject({ commands: 5 });
    expect(stage.server.results.slice(-5)).toMatchObject([
      { Status: 'Error', ErrorChain: [{ ErrorCode: 12010, USEnglishDescription: expect.stringContaining('no room') }] },
      { Status: 'Error', ErrorChain: [{ ErrorCode: 12010 }] },
      { Status: 'Error', ErrorChain: [{ ErrorCode: 12010 }] },
      { Status: 'Acknowledged' },
      { Status: 'Acknowledged' },
    ]);
  });
});

/** Configurations by name and type, each with this text in its payload. */
function declare(bodies: Map<string, string | number>, types: Readonly<Record<string, string>>, echo: string): void {
  const items = Object.keys(types).map((Identifier) => ({ Identifier, ServerToken: '1' }));
  const Timestamp = '2026-11-21T08:00:00Z';
  bodies.set('tokens', JSON.stringify({ SyncTokens: { Timestamp, DeclarationsToken: 'A' } }));
  const Declarations = { Activations: [], Configurations: items, Assets: [], Management: [] };
  bodies.set('declaration-items', JSON.stringify({ Declarations, DeclarationsToken: 'A' }));
  for (const [Identifier, Type] of Object.entries(types))
    bodies.set(
      `declaration/configuration/${Identifier}`,
      JSON.stringify({ Type, Identifier, ServerToken: '1', Payload: { Echo: echo } }),
    );
}

function reported(checkIns: readonly Record<string, unknown>[]) {
  const sent = checkIns.findLast((each) => each['Endpoint'] === 'status');
  return readDeclarationStatuses(readStatusReport(sent?.['Data'] as Uint8Array))?.configurations ?? [];
}
