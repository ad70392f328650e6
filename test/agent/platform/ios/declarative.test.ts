import { createHash } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import { typeRules, unsupportedTypes } from '../../../../agent/platform/ios/ddm/types.js';
import { statusItem } from '../../../../protocol/apple-mdm/ddm-status.js';
import { judgeStatusItem, schemaFiles, schemaTypes } from '../../../support/apple-schema.js';
import { describeWith } from '../../../support/programs.js';
import { hasSchema, withSchema } from '../../../support/shared.js';
import {
  activating,
  type Declared,
  declarativeStage,
  declare,
  legacy,
  passcode,
  reasons,
  simple,
  subscriptions,
  test,
  tokens,
} from './ddm-stage.js';
import { command, type OpensslIdentity, opensslIdentity, payload, profile } from './harness.js';

describeWith('openssl')('declarative management', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  const enrolled = () => declarativeStage(identity);

  it('is acknowledged first, then asks for tokens, items, what changed, tokens again, and reports once', async () => {
    const { stage, sync, lastReport, told } = await enrolled();
    declare(stage, 'A', {
      act: activating('echo'),
      echo: { type: test, payload: { Echo: 'hello' } },
      org: { type: 'com.apple.management.organization-info', payload: { Name: 'Example' } },
    });
    const { endpoints, report } = await sync();
    expect(stage.server.last['Status']).toBe('Acknowledged');
    expect(endpoints).toEqual([
      'tokens',
      'declaration-items',
      'declaration/activation/act',
      'declaration/configuration/echo',
      'declaration/management/org',
      'tokens',
      'status',
    ]);
    expect(report).toMatchObject({ commands: 1, requests: 9, later: 0 });
    expect(told('activations', 'act')).toMatchObject({ active: true, valid: 'valid' });
    expect(told('configurations', 'echo')).toMatchObject({
      active: true,
      valid: 'valid',
      reasons: [{ description: 'hello' }],
    });
    expect(told('management', 'org')).toMatchObject({ active: false, valid: 'valid' });
    expect(lastReport().FullReport).toBe(true);
    const { StatusItems } = lastReport();
    if (!hasSchema()) return;
    for (const name of ['management.declarations', 'management.client-capabilities']) {
      expect(judgeStatusItem(name, statusItem(StatusItems, name))).toEqual([]);
    }
  });

  it('with nothing changed asks for the tokens only, and for nothing when the command brings them', async () => {
    const { stage, sync } = await enrolled();
    declare(stage, 'A', {});
    await sync();
    expect((await sync()).endpoints).toEqual(['tokens']);
    const carried = `<key>Data</key><data>${Buffer.from(tokens('A')).toString('base64')}</data>`;
    expect((await sync(carried)).endpoints).toEqual([]);
  });

  it('fetches only what changed, and takes away without fetching', async () => {
    const { stage, sync, told, lastReport } = await enrolled();
    const one = { type: test, payload: { Echo: 'one' } };
    declare(stage, 'A', { act: activating('one', 'two'), one, two: one });
    await sync();
    declare(stage, 'B', {
      act: activating('one', 'two'),
      one,
      two: { type: test, payload: { Echo: 'new' }, token: '2' },
    });
    expect((await sync()).endpoints).toEqual([
      'tokens',
      'declaration-items',
      'declaration/configuration/two',
      'tokens',
      'status',
    ]);
    expect(told('configurations', 'two')).toMatchObject({ 'server-token': '2', reasons: [{ description: 'new' }] });
    expect(told('configurations', 'one')).toMatchObject({ valid: 'valid', reasons: [{ description: 'one' }] });
    declare(stage, 'C', { one });
    expect((await sync()).endpoints).toEqual(['tokens', 'declaration-items', 'tokens', 'status']);
    expect(told('configurations', 'two')).toBeUndefined();
    expect(reasons(told('configurations', 'one'))).toEqual(['Info.NotReferencedByActivation']);
    expect(lastReport().FullReport).toBe(false);
  });

  it('gives up after three rounds with a server whose tokens never settle', async () => {
    const { stage, sync } = await enrolled();
    declare(stage, 'A', {});
    let round = 0;
    stage.server.override = (request) =>
      request.bytes.includes('<string>tokens</string>') ? tokens(`t${++round}`) : undefined;
    expect((await sync()).endpoints.filter((endpoint) => endpoint === 'status')).toHaveLength(1);
    expect(round).toBe(3);
  });

  it.each<[string, Record<string, Declared>, 'activations' | 'configurations' | 'assets', string, string, string]>([
    [
      'a configuration that is not there',
      { a: activating('none') },
      'activations',
      'a',
      'invalid',
      'Error.MissingConfigurations',
    ],
    [
      'an activation that failed',
      { a: activating('x', 'none'), x: { type: test, payload: { Echo: '' } } },
      'configurations',
      'x',
      'unknown',
      'Error.ActivationFailed',
    ],
    [
      'an unknown type',
      { a: activating('x'), x: { type: 'com.apple.configuration.nothing', payload: {} } },
      'configurations',
      'x',
      'invalid',
      'Error.UnknownDeclarationType',
    ],
    [
      'a type that is known and not carried out',
      { a: activating('x'), x: { type: 'com.apple.configuration.math.settings', payload: {} } },
      'configurations',
      'x',
      'invalid',
      'Error.ConfigurationNotSupported',
    ],
    [
      'an unknown key',
      { a: activating('x'), x: { type: test, payload: { Echo: '', Extra: 1 } } },
      'configurations',
      'x',
      'invalid',
      'Error.UnknownPayloadKeys',
    ],
    [
      'a key missing',
      { a: activating('x'), x: { type: test, payload: {} } },
      'configurations',
      'x',
      'invalid',
      'Error.ConfigurationCannotBeDeserialized',
    ],
    [
      'an asset missing',
      { a: activating('x'), x: { type: test, payload: { Echo: '', EchoDataAssetReference: 'y' } } },
      'configurations',
      'x',
      'invalid',
      'Error.MissingAssets',
    ],
    [
      'nobody’s asset',
      { y: { type: 'com.apple.asset.data', payload: { Reference: {} } } },
      'assets',
      'y',
      'unknown',
      'Info.NotReferencedByConfiguration',
    ],
    [
      'a predicate that is not understood',
      { a: { type: simple, payload: { StandardConfigurations: [], Predicate: '@invalid == 1' } } },
      'activations',
      'a',
      'invalid',
      'Error.UnableToParsePredicate',
    ],
    [
      'a predicate that is false',
      {
        a: {
          type: simple,
          payload: { StandardConfigurations: [], Predicate: '@status(device.model.family) == "Mac"' },
        },
      },
      'activations',
      'a',
      'valid',
      'Info.Predicate',
    ],
  ])('reports %s', async (_name, declared, kind, identifier, valid, code) => {
    const { stage, sync, told } = await enrolled();
    declare(stage, 'A', declared);
    await sync();
    expect(told(kind, identifier)).toMatchObject({ valid, active: false });
    expect(reasons(told(kind, identifier))[0]).toBe(code);
  });

  it('reports what is subscribed to, and what it does not know as an error', async () => {
    const { stage, sync, lastReport } = await enrolled();
    const names = [
      'device.identifier.serial-number',
      'passcode.is-present',
      'security.certificate.list',
      'mdm.app',
      'no.such.item',
    ];
    declare(stage, 'A', {
      a: activating('s'),
      s: { type: subscriptions, payload: { StatusItems: names.map((Name) => ({ Name })) } },
    });
    await sync();
    const { StatusItems, Errors } = lastReport();
    expect(statusItem(StatusItems, 'device.identifier.serial-number')).toBe(stage.view.state.facts.serial);
    expect(Errors.map(({ StatusItem }) => StatusItem)).toEqual(['no.such.item']);
    if (!hasSchema()) return;
    for (const name of names.slice(0, -1)) expect(judgeStatusItem(name, statusItem(StatusItems, name))).toEqual([]);
  });

  it('reports everything that it says it supports', async () => {
    const { stage, sync, lastReport } = await enrolled();
    declare(stage, 'A', {});
    await sync();
    const capabilities = statusItem(lastReport().StatusItems, 'management.client-capabilities') as {
      'supported-payloads': { 'status-items': string[] };
    };
    const names = capabilities['supported-payloads']['status-items'];
    declare(stage, 'B', {
      a: activating('s'),
      s: { type: subscriptions, payload: { StatusItems: names.map((Name) => ({ Name })) } },
    });
    await sync();
    expect(lastReport().Errors).toEqual([]);
    if (!hasSchema()) return;
    for (const name of names) {
      const value = statusItem(lastReport().StatusItems, name);
      if (value !== undefined) expect(judgeStatusItem(name, value)).toEqual([]);
    }
  });

  it('knows the keys of the schema for each type that it supports', withSchema, () => {
    const folders = {
      activation: 'activations',
      configuration: 'configurations',
      asset: 'assets',
      management: 'management',
    };
    for (const [type, { kind, keys }] of Object.entries(typeRules)) {
      const [file] = schemaFiles(`declarative/declarations/${folders[kind]}`, type);
      expect(file, type).toBeDefined();
      if (keys === undefined) continue;
      expect(Object.keys(keys).sort(), type).toEqual((file?.payloadkeys ?? []).map(({ key }) => key).sort());
    }
  });

  it('tells every type of the schema that it does not carry out from one that nobody knows', withSchema, () => {
    const folders = ['activations', 'assets', 'configurations', 'management'];
    const types = folders.flatMap((folder) => schemaTypes(`declarative/declarations/${folder}`));
    const declared = types.filter((type) => type.startsWith('com.apple.'));
    expect([...unsupportedTypes, ...Object.keys(typeRules)].sort()).toEqual([...new Set(declared)].sort());
  });

  it('installs a legacy profile with the device’s identity, as one that no command removes, and takes it away', async () => {
    const { stage, sync, told } = await enrolled();
    const wifi = payload('com.apple.wifi.managed', 21, '<key>SSID_STR</key><string>x</string>');
    stage.server.files.set('/legacy', profile('office', [wifi]));
    const url = { ProfileURL: 'https://mdm.test/legacy' };
    declare(stage, 'A', { a: activating('l'), l: { type: legacy, payload: url } });
    await sync();
    expect(told('configurations', 'l')).toMatchObject({ active: true, valid: 'valid' });
    expect(stage.names()).toEqual(['office']);
    const get = stage.http.requests.find(({ method }) => method === 'GET');
    expect(get?.headers?.['Mdm-Signature']).toBeDefined();
    stage.server.queue.push(command('RemoveProfile', '<key>Identifier</key><string>office</string>'));
    stage.server.queue.push(command('ProfileList'));
    declare(stage, 'B', { l: { type: legacy, payload: url } });
    await sync();
    expect(stage.server.results.find(({ ErrorChain }) => ErrorChain !== undefined)?.['ErrorChain']).toMatchObject([
      { ErrorCode: 12013 },
    ]);
    const listed = stage.server.results.find(({ ProfileList }) => ProfileList !== undefined)?.['ProfileList'];
    expect(listed).toMatchObject([{}, { PayloadIdentifier: 'office', Source: 'Declarative Device Management' }]);
    expect(stage.names()).toEqual([]);
    declare(stage, 'C', { a: activating('l'), l: { type: legacy, payload: url } });
    await sync();
    expect(stage.names()).toEqual(['office']);
    declare(stage, 'D', {});
    await sync();
    expect(stage.names()).toEqual([]);
  });

  it('leaves alone what is declared as before, whatever is declared or goes beside it', async () => {
    const { stage, sync, told } = await enrolled();
    const wifi = payload('com.apple.wifi.managed', 21, '<key>SSID_STR</key><string>x</string>');
    stage.server.files.set('/legacy', profile('office', [wifi]));
    const l = { type: legacy, payload: { ProfileURL: 'https://mdm.test/legacy' } };
    const echo = { type: test, payload: { Echo: 'hello' } };
    declare(stage, 'A', { a: activating('l'), l });
    await sync();
    const asked = stage.commands.length;
    const requests = () => stage.http.requests.filter(({ method }) => method === 'GET').length;
    const fetched = requests();
    const beside = [
      { a: activating('l'), l, echo },
      { a: { ...activating('l', 'echo'), token: '2' }, l, echo },
      { a: { ...activating('l'), token: '3' }, l },
    ];
    for (const [index, declared] of beside.entries()) {
      declare(stage, `B${index}`, declared);
      await sync();
      expect(told('configurations', 'l')).toMatchObject({ active: true, valid: 'valid' });
      expect(stage.names()).toEqual(['office']);
    }
    const changes = stage.commands.slice(asked).filter(({ kind }) => kind !== 'native');
    expect(changes).toEqual([]);
    expect(requests()).toBe(fetched);
  });

  it.each([
    ['is refused by the device', 'https://mdm.test/bad'],
    ['is not there', 'https://mdm.test/none'],
    ['is not https', 'http://mdm.test/legacy'],
    ['is not the MDM server’s', 'https://elsewhere.test/legacy'],
    ['has no address', 'legacy'],
  ])('a legacy profile that %s is reported', async (_name, ProfileURL) => {
    const { stage, sync, told } = await enrolled();
    stage.server.files.set('/bad', Buffer.from('nonsense'));
    declare(stage, 'A', { a: activating('l'), l: { type: legacy, payload: { ProfileURL } } });
    await sync();
    expect(stage.http.requests.filter(({ url }) => !url.startsWith('https://mdm.test/'))).toEqual([]);
    expect(told('configurations', 'l')).toMatchObject({ active: true, valid: 'invalid' });
    expect(reasons(told('configurations', 'l'))).toEqual(['Error.ConfigurationCannotBeApplied']);
  });

  it.each([401, 403])('a profile whose address answers %i does not make the device leave', async (status) => {
    const { stage, sync, told } = await enrolled();
    stage.server.override = (request) => (request.method === 'GET' ? { status } : undefined);
    declare(stage, 'A', {
      a: activating('l'),
      l: { type: legacy, payload: { ProfileURL: 'https://mdm.test/legacy' } },
    });
    await sync();
    expect(reasons(told('configurations', 'l'))).toEqual(['Error.ConfigurationCannotBeApplied']);
  });

  it('a passcode configuration is a policy like any other, and goes with its declaration', async () => {
    const { stage, sync } = await enrolled();
    declare(stage, 'A', {
      a: activating('p'),
      p: { type: passcode, payload: { RequirePasscode: true, MinimumLength: 6 } },
    });
    await sync();
    expect(stage.view.state.holdings.map(({ profile: held }) => held)).toMatchObject([
      { kind: 'configuration', type: passcode, passcode: { required: true, minLength: 6 } },
    ]);
    declare(stage, 'B', {});
    await sync();
    expect(stage.names()).toEqual([]);
  });

  it('what waits for an unlocked screen is unknown, counts as later, and is looked at again', async () => {
    const { stage, link, sync, told } = await enrolled();
    stage.change({ locked: true, passcode: '1234' });
    declare(stage, 'A', { a: activating('x'), x: { type: test, payload: { Echo: 'e', ReturnStatus: 'Unlocked' } } });
    expect((await sync()).report.later).toBe(1);
    expect(told('configurations', 'x')).toMatchObject({ valid: 'unknown', active: true });
    stage.change({ locked: false });
    await link.checkIn(stage.session);
    expect(told('configurations', 'x')).toMatchObject({ valid: 'valid', active: true });
  });

  it('echoes an asset whose hash is right, fetched as an MDM request', async () => {
    const { stage, sync, told } = await enrolled();
    stage.server.files.set('/asset', Buffer.from('from the asset'));
    const asset = (hash: string): Declared => ({
      type: 'com.apple.asset.data',
      payload: {
        Reference: { DataURL: 'https://mdm.test/asset', 'Hash-SHA-256': hash },
        Authentication: { Type: 'MDM' },
      },
    });
    const x = { type: test, payload: { Echo: 'e', EchoDataAssetReference: 'y' } };
    declare(stage, 'A', {
      a: activating('x'),
      x,
      y: asset(createHash('sha256').update('from the asset').digest('hex')),
    });
    await sync();
    expect(told('configurations', 'x')?.reasons?.map(({ description }) => description)).toContain('from the asset');
    expect(told('assets', 'y')).toMatchObject({ active: true, valid: 'valid' });
    declare(stage, 'B', { a: activating('x'), x: { ...x, token: '2' }, y: { ...asset('00'), token: '2' } });
    await sync();
    expect(reasons(told('configurations', 'x'))).toEqual(['Error.AssetCannotBeVerified']);
  });

  it('a declaration that cannot be read is invalid, one that is gone is left out', async () => {
    const { stage, sync, told } = await enrolled();
    declare(stage, 'A', {
      a: activating('x'),
      x: { type: test, payload: { Echo: '' } },
      z: { type: test, payload: {} },
    });
    stage.server.declarative.set('declaration/configuration/x', '{"Type":1}');
    stage.server.declarative.set('declaration/configuration/z', 404);
    await sync();
    expect(reasons(told('configurations', 'x'))).toEqual(['Error.InvalidPayload']);
    expect(told('configurations', 'z')).toBeUndefined();
  });

  it('reports in the next session what did not reach the server', async () => {
    const { stage, link, sync, told } = await enrolled();
    declare(stage, 'A', { act: activating('echo'), echo: { type: test, payload: { Echo: 'hello' } } });
    stage.server.override = (request) => {
      if (request.bytes.includes('<string>status</string>')) throw agentError('TRANSPORT_LOST', 'gone');
      return undefined;
    };
    await expect(sync()).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
    stage.server.override = undefined;
    await link.checkIn(stage.session);
    expect(told('configurations', 'echo')).toMatchObject({ active: true, valid: 'valid' });
    declare(stage, 'B', { act: activating('echo'), echo: { type: test, payload: { Echo: 'again' }, token: '2' } });
    stage.server.declarative.set('status', 500);
    expect((await sync()).endpoints.at(-1)).toBe('status');
    stage.server.declarative.delete('status');
    const before = stage.server.endpoints.length;
    await link.checkIn(stage.session);
    expect(stage.server.endpoints.slice(before).at(-1)).toBe('status');
    expect(told('configurations', 'echo')).toMatchObject({ 'server-token': '2', valid: 'valid' });
    expect((await sync()).endpoints).toEqual(['tokens']);
  });

  it('is picked up again after a restart of the process', async () => {
    const { stage, sync, link } = await enrolled();
    declare(stage, 'A', { a: activating('x'), x: { type: test, payload: { Echo: 'e' } } });
    await sync();
    const resumed = stage.driver.resume(structuredClone(link.saved));
    stage.server.queue.push(command('DeclarativeManagement'));
    const before = stage.server.endpoints.length;
    await resumed.checkIn(stage.session);
    expect(stage.server.endpoints.slice(before)).toEqual(['tokens']);
  });
});
