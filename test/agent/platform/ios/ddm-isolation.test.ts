// What goes wrong with one declaration is that declaration's: the others stand, it is told, reported, and tried again.
import { beforeAll, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import { describeWith } from '../../../support/programs.js';
import type { Script } from '../../../support/scripted-http.js';
import { activating, declarativeStage, declare, legacy, reasons, simple, test, tokens } from './ddm-stage.js';
import { command, type OpensslIdentity, opensslIdentity, payload, profile } from './harness.js';

const echo = (text: string, token = '1') => ({ type: test, payload: { Echo: text }, token });

describeWith('openssl')('declarative management', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });
  const enrolled = () => declarativeStage(identity);
  type Stage = Awaited<ReturnType<typeof enrolled>>['stage'];
  const troubles = ({ happenings }: Stage) =>
    happenings.flatMap((each) => (each.type === 'trouble' ? [`${each.code} ${each.about}`] : []));

  const failures: Readonly<Record<string, ReturnType<Script> | (() => never)>> = {
    '400': { status: 400 },
    '403': { status: 403 },
    '500': { status: 500 },
    'no JSON': 'x',
    'an empty body': Buffer.alloc(0),
    'another declaration': JSON.stringify({ Type: test, Identifier: 'z', ServerToken: '1', Payload: {} }),
    'no Payload': JSON.stringify({ Type: test, Identifier: 'bad', ServerToken: '1', Payload: null }),
    'no answer in time': () => {
      throw agentError('TRANSPORT_LOST', 'no answer in 60000 ms');
    },
    'more than may be read': () => {
      throw agentError('HTTP_TOO_LARGE', 'more than 15 MiB');
    },
  };

  const failing = (stage: Stage, endpoint: string, how: string) => {
    const answer = failures[how];
    stage.server.override = (request) => {
      if (!request.bytes.includes(`<string>${endpoint}</string>`)) return undefined;
      return typeof answer === 'function' ? answer() : answer;
    };
  };

  it.each(Object.keys(failures))('a declaration that is answered with %s takes no other with it', async (how) => {
    const { stage, link, sync, told } = await enrolled();
    declare(stage, 'A', { act: activating('bad', 'good'), bad: echo('b'), good: echo('g') });
    failing(stage, 'declaration/configuration/bad', how);
    await sync();
    expect(stage.server.last['Status']).toBe('Acknowledged');
    expect(told('configurations', 'good')).toMatchObject({ active: true, valid: 'valid' });
    expect(told('configurations', 'bad')).toMatchObject({ valid: 'invalid', 'server-token': '1' });
    expect(reasons(told('configurations', 'bad'))).toEqual(['Error.InvalidPayload']);
    expect(troubles(stage)).toMatchObject([expect.stringContaining('configuration bad')]);
    expect(stage.happenings).toContainEqual(
      expect.objectContaining({ type: 'declaration', kind: 'configuration', id: 'bad', status: 'invalid' }),
    );

    // No command is needed for the device to try again.
    stage.server.override = undefined;
    const before = stage.server.endpoints.length;
    await link.checkIn(stage.session);
    const asked = stage.server.endpoints.slice(before);
    expect(asked.filter((each) => each.startsWith('declaration/'))).toEqual(['declaration/configuration/bad']);
    expect(told('configurations', 'bad')).toMatchObject({ active: true, valid: 'valid' });
    const last = stage.server.endpoints.length;
    await link.checkIn(stage.session);
    expect(stage.server.endpoints.slice(last)).toEqual([]);
  });

  it('a declaration whose new version cannot be had stays in effect as it is held', async () => {
    const { stage, link, sync, told } = await enrolled();
    const wifi = payload('com.apple.wifi.managed', 21, '<key>SSID_STR</key><string>x</string>');
    stage.server.files.set('/legacy', profile('office', [wifi]));
    const l = { type: legacy, payload: { ProfileURL: 'https://mdm.test/legacy' } };
    declare(stage, 'A', { a: activating('l'), l });
    await sync();
    declare(stage, 'B', { a: activating('l'), l: { ...l, token: '2' } });
    failing(stage, 'declaration/configuration/l', '500');
    await sync();
    expect(stage.names()).toEqual(['office']);
    expect(told('configurations', 'l')).toMatchObject({ active: true, valid: 'valid', 'server-token': '1' });
    stage.server.override = undefined;
    await link.checkIn(stage.session);
    expect(told('configurations', 'l')).toMatchObject({ active: true, valid: 'valid', 'server-token': '2' });
  });

  it('a server that goes back to what it declared before is followed, though a part of what came between is held', async () => {
    const { stage, sync, told } = await enrolled();
    const [x, y] = [echo('x'), echo('y')];
    declare(stage, 'A', { a: activating('x', 'y'), x, y });
    await sync();
    declare(stage, 'B', { a: activating('x', 'y'), x: echo('new', '2'), y: echo('new', '2') });
    failing(stage, 'declaration/configuration/y', '500');
    await sync();
    expect(told('configurations', 'x')).toMatchObject({ 'server-token': '2' });
    stage.server.override = undefined;
    declare(stage, 'A', { a: activating('x', 'y'), x, y });
    await sync();
    expect(told('configurations', 'x')).toMatchObject({ 'server-token': '1', valid: 'valid' });
  });

  it('a server that answers two declarations in a row with silence is not waited for a third time', async () => {
    const { stage, sync } = await enrolled();
    declare(stage, 'A', { act: activating('x'), x: echo('x'), y: echo('y'), z: echo('z') });
    let asked = 0;
    stage.server.override = (request) => {
      if (!request.bytes.includes('<string>declaration/')) return undefined;
      asked++;
      throw agentError('TRANSPORT_LOST', 'no answer in 60000 ms');
    };
    await expect(sync()).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
    expect(asked).toBe(2);
  });

  const item = [{ Identifier: 'x', ServerToken: '1' }];
  const manifest = (Declarations: object): string => JSON.stringify({ Declarations, DeclarationsToken: 'B' });
  const whole = { Activations: [], Configurations: item, Assets: [], Management: [] };
  const { Management: _gone, ...withoutManagement } = whole;
  it.each<[string, string | number]>([
    ['Assets: null, as Go writes an empty slice', manifest({ ...whole, Assets: null })],
    ['Configurations: null', manifest({ ...whole, Configurations: null })],
    ['no Management', manifest(withoutManagement)],
    ['an item without a token', manifest({ ...whole, Activations: [{ Identifier: 'a' }] })],
    ['no Declarations', '{"DeclarationsToken":"B"}'],
    ['no JSON', '<html/>'],
    ['400', 400],
    ['404', 404],
    ['503', 503],
  ])('a manifest with %s is told and asked for again; what is held stays', async (_name, answer) => {
    const { stage, link, sync, told } = await enrolled();
    declare(stage, 'A', { act: activating('x'), x: echo('old') });
    await sync();
    declare(stage, 'B', { act: activating('x'), x: echo('new', '2') });
    const good = stage.server.declarative.get('declaration-items') ?? '';
    stage.server.declarative.set('declaration-items', answer);
    stage.server.queue.push(command('DeclarativeManagement'), command('ProfileList'));
    expect(await link.checkIn(stage.session)).toMatchObject({ commands: 2, later: 1 });
    expect(troubles(stage)).toEqual([expect.stringMatching(/^(DDM_MALFORMED|AUTHORITY_BUSY) declarative management$/)]);
    expect(told('configurations', 'x')).toMatchObject({ active: true, valid: 'valid', 'server-token': '1' });

    await link.checkIn(stage.session);
    expect(troubles(stage)).toHaveLength(2);
    stage.server.declarative.set('declaration-items', good);
    await link.checkIn(stage.session);
    expect(told('configurations', 'x')).toMatchObject({ active: true, valid: 'valid', 'server-token': '2' });
  });

  it('says what to mend where a list of the manifest is null', async () => {
    const { stage, sync } = await enrolled();
    stage.server.declarative.set('tokens', tokens('A'));
    stage.server.declarative.set('declaration-items', manifest({ ...whole, Assets: null }));
    await sync();
    const told = stage.happenings.find(({ type }) => type === 'trouble');
    expect(told).toMatchObject({
      code: 'DDM_MALFORMED',
      message: expect.stringContaining('Assets'),
      hint: expect.stringContaining('[]'),
    });
  });

  it('reports what the client can do even where no manifest can be had', async () => {
    const { stage, link, sync, lastReport } = await enrolled();
    stage.server.declarative.set('tokens', 500);
    expect((await sync()).endpoints).toEqual(['tokens', 'status']);
    expect(lastReport()).toMatchObject({
      FullReport: true,
      StatusItems: { management: { 'client-capabilities': {} } },
    });
    declare(stage, 'A', { act: activating('x'), x: echo('x') });
    await link.checkIn(stage.session);
    expect(lastReport().FullReport).toBe(false);
  });

  it('tells each declaration whose state changes, with the reason, and those that go', async () => {
    const { stage, sync } = await enrolled();
    declare(stage, 'A', {
      on: activating('x'),
      off: { type: simple, payload: { StandardConfigurations: ['x'], Predicate: 'FALSEPREDICATE' } },
      x: echo('secret words'),
      unknown: { type: 'com.apple.configuration.of-tomorrow', payload: {} },
      org: { type: 'com.apple.management.organization-info', payload: { Name: 'Example' } },
    });
    await sync();
    const told = () =>
      stage.happenings.flatMap((each) =>
        each.type === 'declaration' ? [[each.id, each.status, each.reason ?? '', each.error?.[0]?.code ?? '']] : [],
      );
    expect(told()).toEqual([
      ['on', 'active', '', ''],
      ['off', 'inactive', 'The predicate of the activation is false. FALSEPREDICATE', ''],
      ['x', 'active', '', ''],
      [
        'unknown',
        'invalid',
        'Unknown declaration type. com.apple.configuration.of-tomorrow',
        'Error.UnknownDeclarationType',
      ],
      ['org', 'active', '', ''],
    ]);
    stage.happenings.length = 0;
    declare(stage, 'B', { on: activating('x'), x: echo('secret words') });
    await sync();
    expect(told()).toEqual([
      ['off', 'removed', '', ''],
      ['unknown', 'removed', '', ''],
      ['org', 'removed', '', ''],
    ]);
  });

  it('a profile that the device will not give up is told, and the rest goes on', async () => {
    const { stage, link, sync, told } = await declarativeStage(identity, {
      decide: (asked) =>
        asked.kind === 'remove-profile' && stuck ? { status: 'failed', reason: 'it is in use' } : undefined,
    });
    let stuck = false;
    const wifi = payload('com.apple.wifi.managed', 21, '<key>SSID_STR</key><string>x</string>');
    stage.server.files.set('/legacy', profile('office', [wifi]));
    declare(stage, 'A', {
      a: activating('l'),
      l: { type: legacy, payload: { ProfileURL: 'https://mdm.test/legacy' } },
    });
    await sync();
    stuck = true;
    declare(stage, 'B', { a: { ...activating('x'), token: '2' }, x: echo('x') });
    await sync();
    expect(told('configurations', 'x')).toMatchObject({ active: true, valid: 'valid' });
    expect(troubles(stage)).toEqual(['PROFILE_REFUSED configuration l']);
    expect(stage.names()).toEqual(['office']);
    stuck = false;
    await link.checkIn(stage.session);
    expect(stage.names()).toEqual([]);
  });
});
