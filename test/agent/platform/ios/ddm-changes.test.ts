// A device follows its own state: what changes on it is judged anew and reported, with no word from the server.
import { createHash } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { statusItem } from '../../../../protocol/apple-mdm/ddm-status.js';
import { judgeStatusItem } from '../../../support/apple-schema.js';
import { describeWith } from '../../../support/programs.js';
import { hasSchema } from '../../../support/shared.js';
import {
  activating,
  type Declared,
  declarativeStage,
  declare,
  passcode,
  reasons,
  simple,
  subscriptions,
  test,
} from './ddm-stage.js';
import { command, type OpensslIdentity, opensslIdentity } from './harness.js';

const echo: Declared = { type: test, payload: { Echo: 'x' } };
const when = (Predicate: string, ...names: string[]): Declared => ({
  type: simple,
  payload: { StandardConfigurations: names, Predicate },
});
const properties = (payload: object, token = '1'): Declared => ({
  type: 'com.apple.management.properties',
  payload,
  token,
});

describeWith('openssl')('declarative management', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });
  const enrolled = async () => {
    const made = await declarativeStage(identity);
    const endpoints = async () => {
      const before = made.stage.server.endpoints.length;
      await made.link.checkIn(made.stage.session);
      return made.stage.server.endpoints.slice(before);
    };
    return { ...made, endpoints };
  };

  it('activates and deactivates as the device changes, and reports it in the next session', async () => {
    const { stage, sync, told, endpoints } = await enrolled();
    declare(stage, 'A', {
      a: when('@status(passcode.is-present) == TRUE', 'p'),
      p: { type: passcode, payload: { MinimumLength: 6 } },
    });
    await sync();
    expect(told('activations', 'a')).toMatchObject({ active: false, valid: 'valid' });
    expect(told('configurations', 'p')).toMatchObject({ active: false, valid: 'unknown' });
    expect(stage.names()).toEqual([]);
    expect(await endpoints()).toEqual([]);

    stage.change({ passcode: '123456' });
    expect(await endpoints()).toEqual(['status']);
    expect(told('activations', 'a')).toMatchObject({ active: true });
    expect(told('configurations', 'p')).toMatchObject({ active: true, valid: 'valid' });
    expect(stage.names()).toEqual(['declaration/p']);
    expect(stage.happenings.at(-1)).toMatchObject({ type: 'declaration', id: 'p', status: 'active' });

    stage.view.state = { ...stage.view.state, condition: { ...stage.view.state.condition } };
    expect(await endpoints()).toEqual([]);
  });

  it('looks at predicates again once a command has changed the device, in the same session', async () => {
    const { stage, sync, told, endpoints } = await enrolled();
    const installed = 'SUBQUERY(@status(mdm.app), $app, $app.@key(identifier) == "one").@count == 1';
    declare(stage, 'A', { a: when(installed, 'x'), x: echo });
    await sync();
    expect(told('activations', 'a')).toMatchObject({ active: false });
    stage.server.queue.push(command('InstallApplication', '<key>Identifier</key><string>one</string>'));
    expect(await endpoints()).toEqual(['status']);
    expect(told('activations', 'a')).toMatchObject({ active: true });
    expect(told('configurations', 'x')).toMatchObject({ active: true, valid: 'valid' });
  });

  it('reads management properties in predicates, and follows when they change', async () => {
    const { stage, sync, told } = await enrolled();
    const declared = {
      grade: when('(@property(age) >= 18) AND ("Grade12" IN @property(roles))', 'x'),
      group: when("ANY @property(jamf.device.groups) IN {'b'} AND @status(device.model.family) == 'iPhone'", 'y'),
      x: echo,
      y: echo,
    };
    declare(stage, 'A', { ...declared, props: properties({ age: 7, roles: ['grade1'], 'jamf.device.groups': ['b'] }) });
    await sync();
    expect(told('configurations', 'x')).toMatchObject({ active: false });
    expect(reasons(told('activations', 'grade'))).toEqual(['Info.Predicate']);
    expect(told('configurations', 'y')).toMatchObject({ active: true, valid: 'valid' });
    expect(told('management', 'props')).toMatchObject({ active: false, valid: 'valid' });
    declare(stage, 'B', { ...declared, props: properties({ age: 18, roles: ['Grade12'] }, '2') });
    await sync();
    expect(told('configurations', 'x')).toMatchObject({ active: true, valid: 'valid' });
    expect(told('configurations', 'y')).toMatchObject({ active: false });
    declare(stage, 'C', declared);
    await sync();
    expect(told('configurations', 'x')).toMatchObject({ active: false });
  });

  it('an activation may lean on what became of a configuration', async () => {
    const { stage, sync, told } = await enrolled();
    const first =
      'SUBQUERY(@status(management.declarations.configurations), $d, ($d.@key(identifier) == "x" AND $d.@key(active) == true)).@count == 1';
    declare(stage, 'A', { a: activating('x'), b: when(first, 'y'), x: echo, y: echo });
    expect((await sync()).endpoints.filter((each) => each === 'status')).toHaveLength(1);
    expect(told('activations', 'b')).toMatchObject({ active: true });
    expect(told('configurations', 'y')).toMatchObject({ active: true, valid: 'valid' });
    const never = first.replace('== 1', '== 0').replace('"x"', '"y"');
    declare(stage, 'B', { b: { ...when(never, 'y'), token: '2' }, y: echo }); // true while it is false, and the reverse
    await sync();
    expect(stage.server.endpoints.at(-1)).toBe('status');
  });

  it.each([
    ['@status(device.model.family) > 1', 'Error.UnableToEvaluatePredicate'],
    ["@status(device.model.family == 'iPad'", 'Error.UnableToParsePredicateWithCustomOperator'],
    ["@status(device.model.family) === 'iPad'", 'Error.UnableToParsePredicate'],
  ])('reports of the predicate %s: %s', async (predicate, code) => {
    const { stage, sync, told } = await enrolled();
    declare(stage, 'A', { a: when(predicate, 'x'), x: echo });
    await sync();
    expect(told('activations', 'a')).toMatchObject({
      active: false,
      valid: 'invalid',
      reasons: [{ code, details: { Identifier: 'a', ServerToken: '1', Predicate: predicate } }],
    });
    expect(reasons(told('configurations', 'x'))).toEqual(['Error.ActivationFailed']);
  });

  it('reports a subscribed item that changed, and what went from a list', async () => {
    const { stage, sync, lastReport, endpoints } = await enrolled();
    const names = ['passcode.is-present', 'mdm.app'];
    declare(stage, 'A', {
      a: activating('s'),
      s: { type: subscriptions, payload: { StatusItems: names.map((Name) => ({ Name })) } },
    });
    const install = (id: string) =>
      stage.server.queue.push(command('InstallApplication', `<key>Identifier</key><string>${id}</string>`));
    install('one');
    install('two');
    await sync();
    const apps = () => statusItem(lastReport().StatusItems, 'mdm.app');
    expect(apps()).toMatchObject([{ identifier: 'one' }, { identifier: 'two' }]);
    expect(statusItem(lastReport().StatusItems, 'passcode.is-present')).toBe(false);
    for (let sessions = 0; sessions < 9 && (await endpoints()).length > 0; sessions++); // until both are installed
    expect(apps()).toMatchObject([{ state: 'managed' }, { state: 'managed' }]);
    expect(await endpoints()).toEqual([]);

    stage.change({ passcode: '1234' });
    stage.server.queue.push(command('RemoveApplication', '<key>Identifier</key><string>one</string>'));
    expect(await endpoints()).toEqual(['status']);
    expect(statusItem(lastReport().StatusItems, 'passcode.is-present')).toBe(true);
    expect(apps()).toMatchObject([{ identifier: 'two' }, { identifier: 'one', _removed: true }]);
    if (hasSchema()) expect(judgeStatusItem('mdm.app', apps())).toEqual([]);
    install('three');
    expect(await endpoints()).toEqual(['status']);
    expect(apps()).toMatchObject([{ identifier: 'two' }, { identifier: 'three' }]);
  });

  it('brings a configuration into effect again when its asset has changed, and judges the asset by its data', async () => {
    const { stage, sync, told } = await enrolled();
    const asset = (text: string, token: string): Declared => ({
      type: 'com.apple.asset.data',
      token,
      payload: {
        Reference: {
          DataURL: 'https://files.test/asset',
          'Hash-SHA-256': createHash('sha256').update(text).digest('hex'),
        },
      },
    });
    const x: Declared = { type: test, payload: { Echo: 'e', EchoDataAssetReference: 'y' } };
    stage.server.files.set('/asset', Buffer.from('one'));
    declare(stage, 'A', { a: activating('x'), x, y: asset('one', '1') });
    await sync();
    expect(told('assets', 'y')).toMatchObject({ active: true, valid: 'valid' });
    declare(stage, 'B', { a: activating('x'), x, y: asset('two', '2') });
    await sync();
    expect(told('assets', 'y')).toMatchObject({ active: true, valid: 'invalid' });
    expect(reasons(told('assets', 'y'))).toEqual(['Error.AssetCannotBeVerified']);
    expect(told('configurations', 'x')).toMatchObject({ active: true, valid: 'invalid' });
    stage.server.files.set('/asset', Buffer.from('three'));
    declare(stage, 'C', { a: activating('x'), x, y: asset('three', '3') });
    await sync();
    expect(told('assets', 'y')).toMatchObject({ active: true, valid: 'valid' });
    expect(told('configurations', 'x')?.reasons?.map(({ description }) => description)).toContain('three');
    declare(stage, 'D', { x, y: asset('three', '3') });
    await sync();
    expect(told('assets', 'y')).toMatchObject({ active: false, valid: 'unknown' });
  });
});
