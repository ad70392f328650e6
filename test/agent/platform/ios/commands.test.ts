import { beforeAll, describe, expect, it } from 'vitest';
import type { Link } from '../../../../agent/platform/driver.js';
import { handlers } from '../../../../agent/platform/ios/commands/table.js';
import { settingItems } from '../../../../agent/platform/ios/settings.js';
import { requestTypes } from '../../../../protocol/apple-mdm/request-types.js';
import { parsePlistDict } from '../../../../protocol/plist/parse.js';
import { type PlistDict, PlistReal } from '../../../../protocol/plist/value.js';
import {
  deviceInformationQueries,
  judgeCommand,
  judgeResult,
  rightBit,
  schemaFile,
} from '../../../support/apple-schema.js';
import { describeWith } from '../../../support/programs.js';
import { hasSchema, withSchema } from '../../../support/shared.js';
import {
  command,
  data,
  enrollmentProfile,
  type MdmKeys,
  type OpensslIdentity,
  openStage,
  opensslIdentity,
  payload,
  profile,
  type Stage,
  type StageOptions,
  xml,
} from './harness.js';

const array = (...items: string[]): string => `<array>${items.join('')}</array>`;
const text = (value: string): string => `<string>${value}</string>`;
const settings = (...items: string[]): string =>
  `<key>Settings</key>${array(...items.map((item) => `<dict>${item}</dict>`))}`;
const item = (name: string, keys: string): string => `<key>Item</key>${text(name)}${keys}`;
const enabled = '<key>Enabled</key><true/>';
const png = Buffer.from('89504e470d0a1a0a', 'hex');

describeWith('openssl')('the commands', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  async function enrolled(
    options: StageOptions & { mdm?: MdmKeys } = {},
  ): Promise<{ stage: Stage; link: Link; ask: Ask }> {
    const stage = openStage(options);
    const link = await stage.enroll(enrollmentProfile(identity, options.mdm));
    const ask: Ask = async (requestType, keys = '', opts = {}) => {
      const bytes = command(requestType, keys);
      stage.server.queue.push(bytes);
      const report = await link.checkIn(stage.session);
      const answer = stage.server.last;
      if (hasSchema() && !opts.unjudged) {
        const asked = parsePlistDict(bytes)['Command'] as PlistDict;
        expect(judgeCommand(requestType, asked, { isSupervised: true })).toEqual([]);
        expect(judgeResult(requestType, answer, { isSupervised: true })).toEqual([]);
      }
      expect(report.commands).toBe(1);
      return answer;
    };
    return { stage, link, ask };
  }
  type Ask = (requestType: string, keys?: string, options?: { unjudged?: boolean }) => Promise<PlistDict>;
  const chain = (answer: PlistDict): number[] =>
    ((answer['ErrorChain'] ?? []) as PlistDict[]).map((link) => Number(link['ErrorCode']));

  it('DeviceInformation answers every query of the schema that a phone has an answer to', async () => {
    const { ask, stage } = await enrolled();
    const queries = hasSchema() ? deviceInformationQueries().map(({ key }) => key) : ['UDID', 'DeviceName'];
    const answer = await ask(
      'DeviceInformation',
      `<key>Queries</key>${array(...queries.map(text), text('NoSuchQuery'))}`,
      { unjudged: true },
    );
    if (hasSchema()) expect(judgeResult('DeviceInformation', answer, { isSupervised: true })).toEqual([]);
    const responses = answer['QueryResponses'] as PlistDict;
    expect(responses['UDID']).toBe(stage.view.state.facts.id);
    expect(responses['DeviceName']).toBe('Test');
    expect(responses['NoSuchQuery']).toBeUndefined();
    if (!hasSchema()) return;
    expect(responses['BatteryLevel']).toEqual(new PlistReal(0.8));
    expect(Object.keys(responses).length).toBeGreaterThan(45);
    expect(stage.commands).toContainEqual({ kind: 'inventory' });
  });

  it('DeviceInformation leaves out what the rights do not cover', async () => {
    const { ask } = await enrolled({ mdm: { rights: 32 } });
    const answer = await ask(
      'DeviceInformation',
      `<key>Queries</key>${array(text('WiFiMAC'), text('SerialNumber'), text('UDID'))}`,
    );
    expect(Object.keys(answer['QueryResponses'] as PlistDict).sort()).toEqual(['UDID', 'WiFiMAC']);
  });

  it('a new DeviceName shows in the next DeviceInformation', async () => {
    const { ask } = await enrolled();
    const changed = await ask('Settings', settings(item('DeviceName', `<key>DeviceName</key>${text('Ada’s iPhone')}`)));
    expect(changed['Settings']).toEqual([expect.objectContaining({ Item: 'DeviceName', Status: 'Acknowledged' })]);
    const answer = await ask('DeviceInformation', `<key>Queries</key>${array(text('DeviceName'))}`);
    expect((answer['QueryResponses'] as PlistDict)['DeviceName']).toBe('Ada’s iPhone');
  });

  it('Settings knows every item of the schema, and answers one result per item in order', async () => {
    const { ask, link } = await enrolled();
    const items = [
      item('Wallpaper', `<key>Image</key>${data(png)}<key>Where</key><integer>3</integer>`),
      item('DataRoaming', enabled),
      item('VoiceRoaming', enabled),
      item('PersonalHotspot', enabled),
      item('Bluetooth', enabled),
      item(
        'ApplicationConfiguration',
        `<key>Identifier</key>${text('com.example.app')}<key>Configuration</key><dict/>`,
      ),
      item('ApplicationAttributes', `<key>Identifier</key>${text('com.example.none')}`),
      item('DeviceName', `<key>DeviceName</key>${text('x')}`),
      item('OrganizationInfo', `<key>OrganizationInfo</key><dict><key>OrganizationName</key>${text('Example')}</dict>`),
      item('MDMOptions', '<key>MDMOptions</key><dict><key>ActivationLockAllowedWhileSupervised</key><true/></dict>'),
      item('MaximumResidentUsers', '<key>MaximumResidentUsers</key><integer>2</integer>'),
      item('SharedDeviceConfiguration', '<key>QuotaSize</key><integer>2</integer>'),
      item('DiagnosticSubmission', enabled),
      item('AppAnalytics', enabled),
      item('PasscodeLockGracePeriod', '<key>PasscodeLockGracePeriod</key><integer>300</integer>'),
      item('TimeZone', `<key>TimeZone</key>${text('Europe/Warsaw')}`),
      item('SoftwareUpdateSettings', '<key>RecommendationCadence</key><integer>1</integer>'),
      item('AccessibilitySettings', '<key>TextSize</key><integer>5</integer><key>ZoomEnabled</key><true/>'),
    ];
    await ask('InstallApplication', `<key>Identifier</key>${text('com.example.app')}`);
    const answer = await ask('Settings', settings(...items, item('NoSuchItem', '')), { unjudged: true });
    expect(answer['Status']).toBe('Acknowledged');
    const results = answer['Settings'] as PlistDict[];
    if (hasSchema()) expect(judgeResult('Settings', answer, { isSupervised: true })).toEqual([]);
    expect(results.map((result) => result['Item'])).toEqual([...Object.keys(settingItems), 'NoSuchItem']);
    const failures = results
      .filter((result) => result['Status'] === 'Error')
      .map((result) => [result['Item'], chain(result)]);
    expect(failures).toEqual([
      ['ApplicationAttributes', [12029]],
      ['MaximumResidentUsers', [28000]],
      ['SharedDeviceConfiguration', [28000]],
      ['DiagnosticSubmission', [28000]],
      ['AppAnalytics', [28000]],
      ['PasscodeLockGracePeriod', [28000]],
      ['NoSuchItem', [28000]],
    ]);
    const queries = [
      'OrganizationInfo',
      'MDMOptions',
      'DataRoamingEnabled',
      'TimeZone',
      'SoftwareUpdateSettings',
      'AccessibilitySettings',
    ];
    const told = await ask('DeviceInformation', `<key>Queries</key>${array(...queries.map(text))}`);
    expect(told['QueryResponses']).toMatchObject({
      OrganizationInfo: { OrganizationName: 'Example' },
      MDMOptions: { ActivationLockAllowedWhileSupervised: true },
      DataRoamingEnabled: true,
      TimeZone: 'Europe/Warsaw',
      SoftwareUpdateSettings: { RecommendationsCadence: 1 },
      AccessibilitySettings: { TextSize: 5, ZoomEnabled: true, VoiceOverEnabled: false },
    });
    expect(JSON.stringify(link.saved.data)).toContain('recommendationCadence');
  });

  it('the table of settings is the schema’s', withSchema, () => {
    const [list] = schemaFile('mdm/commands/settings.yaml').payloadkeys ?? [];
    const known = (list?.subkeys ?? []).filter(({ supportedOS }) => supportedOS?.['iOS']?.introduced !== 'n/a');
    expect(Object.keys(settingItems).sort()).toEqual(known.map(({ key }) => key).sort());
    for (const { key, supportedOS } of known) {
      const ios = supportedOS?.['iOS'];
      const rule = settingItems[key];
      const needs = [rule?.since, rule?.rights ?? 0, rule?.isSupervisedOnly === true, rule?.isSharedIpadOnly === true];
      const isShared = ios?.sharedipad?.mode === 'required';
      expect([key, ...needs]).toEqual([
        key,
        ios?.introduced,
        rightBit(ios?.accessrights),
        ios?.supervised === true,
        isShared,
      ]);
    }
  });

  it('SecurityInfo tells of the passcode and the policies it is held against', async () => {
    const { ask, stage } = await enrolled();
    const policy = payload(
      'com.apple.mobiledevice.passwordpolicy',
      50,
      '<key>forcePIN</key><true/><key>minLength</key><integer>6</integer>',
    );
    await ask('InstallProfile', `<key>Payload</key>${data(profile('p', [policy]))}`);
    expect((await ask('SecurityInfo'))['SecurityInfo']).toMatchObject({
      PasscodePresent: false,
      PasscodeCompliant: false,
    });
    stage.change({ passcode: '1234' });
    expect((await ask('SecurityInfo'))['SecurityInfo']).toMatchObject({
      PasscodePresent: true,
      PasscodeCompliant: false,
    });
    stage.change({ passcode: '123456' });
    expect((await ask('SecurityInfo'))['SecurityInfo']).toMatchObject({ PasscodeCompliantWithProfiles: true });
  });

  it('DeviceLock says whether the message was shown', async () => {
    const { ask, stage } = await enrolled();
    expect((await ask('DeviceLock'))['MessageResult']).toBeUndefined();
    const message = `<key>Message</key>${text('Lost')}`;
    expect((await ask('DeviceLock', message))['MessageResult']).toBe('NoPasscodeSet');
    stage.change({ passcode: '1234' });
    expect((await ask('DeviceLock', message))['MessageResult']).toBe('Success');
    expect(stage.commands).toContainEqual({ kind: 'lock', message: 'Lost' });
  });

  it('ClearPasscode needs the UnlockToken of TokenUpdate', async () => {
    const { ask, stage } = await enrolled();
    stage.change({ passcode: '1234' });
    expect(chain(await ask('ClearPasscode', `<key>UnlockToken</key>${data(Buffer.alloc(512))}`))).toEqual([5013]);
    expect(stage.view.state.condition.passcode).toBe('1234');
    const token = stage.server.checkIns.at(-1)?.['UnlockToken'] as Uint8Array;
    expect((await ask('ClearPasscode', `<key>UnlockToken</key>${data(token)}`))['Status']).toBe('Acknowledged');
    expect(stage.view.state.condition.passcode).toBeUndefined();
  });

  it('the lost mode gates location and sound', async () => {
    const { ask, stage } = await enrolled();
    for (const type of ['DeviceLocation', 'PlayLostModeSound', 'DisableLostMode'])
      expect(chain(await ask(type))).toEqual([12067]);
    expect((await ask('EnableLostMode'))['Status']).toBe('CommandFormatError'); // neither message nor number
    await ask('EnableLostMode', `<key>PhoneNumber</key>${text('+48 1')}`);
    expect((await ask('DeviceLocation'))['Timestamp']).toBe(new Date(stage.clock.now()).toISOString());
    expect((await ask('PlayLostModeSound'))['Status']).toBe('Acknowledged');
    await ask('DisableLostMode');
    expect(chain(await ask('DeviceLocation'))).toEqual([12067]);
  });

  it('installs, lists, configures and removes apps', async () => {
    const { ask, stage } = await enrolled();
    const id = `<key>Identifier</key>${text('com.example.app')}`;
    expect(await ask('InstallApplication', `${id}<key>ManagementFlags</key><integer>1</integer>`)).toMatchObject({
      Identifier: 'com.example.app',
      State: 'Queued',
    });
    await ask(
      'Settings',
      settings(
        item('ApplicationConfiguration', `${id}<key>Configuration</key><dict><key>a</key><real>1.5</real></dict>`),
      ),
    );
    expect((await ask('ManagedApplicationList'))['ManagedApplicationList']).toMatchObject({
      'com.example.app': { Status: 'Managed', ManagementFlags: 1, HasConfiguration: true },
    });
    const ids = `<key>Identifiers</key>${array(text('com.example.app'))}`;
    expect((await ask('ManagedApplicationConfiguration', ids))['ApplicationConfigurations']).toMatchObject([
      { Identifier: 'com.example.app', Configuration: { a: new PlistReal(1.5) } },
    ]);
    await ask('ManagedApplicationAttributes', ids);
    await ask('ManagedApplicationFeedback', ids);
    await ask('ValidateApplications', ids);
    expect((await ask('InstalledApplicationList'))['InstalledApplicationList']).toHaveLength(1);
    const some = await ask(
      'InstalledApplicationList',
      `<key>Items</key>${array(text('Name'))}<key>ManagedAppsOnly</key><true/>`,
    );
    expect(some['InstalledApplicationList']).toEqual([expect.objectContaining({ Name: 'app' })]);
    expect(stage.view.state.apps).toMatchObject([{ id: 'com.example.app', managed: true, stays: false }]); // flag 1
    expect(chain(await ask('RemoveApplication', `<key>Identifier</key>${text('com.example.other')}`))).toEqual([12029]);
    await ask('RemoveApplication', id);
    expect((await ask('InstalledApplicationList'))['InstalledApplicationList']).toEqual([]);
    expect(stage.view.state.apps).toEqual([]);
  });

  it('reads the manifest of a company’s own app, and rejects what has none', async () => {
    const { ask, stage } = await enrolled();
    stage.server.files.set(
      '/app.plist',
      xml(`<dict><key>items</key><array><dict><key>metadata</key><dict><key>bundle-identifier</key>${text('com.own.app')}
        <key>bundle-version</key>${text('2.1')}<key>title</key>${text('Own')}</dict></dict></array></dict>`),
    );
    const url = (path: string): string => `<key>ManifestURL</key>${text(`https://mdm.test/${path}`)}`;
    expect(await ask('InstallApplication', url('app.plist'))).toMatchObject({ Identifier: 'com.own.app' });
    expect(await ask('InstallApplication', url('none'))).toMatchObject({
      Status: 'Error',
      RejectionReason: 'CouldNotVerifyAppID',
    });
    expect((await ask('InstallApplication'))['Status']).toBe('CommandFormatError');
  });

  it('does not take over a user’s own app unless asked to', async () => {
    const { ask, stage } = await enrolled();
    const own = { id: 'com.mine', name: 'Mine', version: '3', sizeBytes: 5, managed: false };
    stage.view.state = { ...stage.view.state, apps: [own] };
    const id = `<key>Identifier</key>${text('com.mine')}`;
    expect(await ask('InstallApplication', id)).toMatchObject({ RejectionReason: 'AppAlreadyInstalled' });
    expect(await ask('InstallApplication', `${id}<key>ChangeManagementState</key>${text('Managed')}`)).toMatchObject({
      State: 'Managed',
    });
  });

  it('offers, schedules and installs an update, and tells the server by TokenUpdate', async () => {
    const { ask, stage } = await enrolled({ facts: { osVersion: '18.0', osBuild: '22A3354' } });
    const [offer] = (await ask('AvailableOSUpdates'))['AvailableOSUpdates'] as PlistDict[];
    expect(offer).toMatchObject({ Version: '18.0.1', Build: '22A3370' });
    const updates = (keys: string): string =>
      `<key>Updates</key><array><dict>${keys}<key>InstallAction</key>${text('InstallASAP')}</dict></array>`;
    const unknown = await ask('ScheduleOSUpdate', updates(`<key>ProductVersion</key>${text('99.0')}`));
    expect(chain((unknown['UpdateResults'] as PlistDict[])[0] ?? {})).toEqual([2213, 3]);
    const key = `<key>ProductKey</key>${text(String(offer?.['ProductKey']))}`;
    expect((await ask('ScheduleOSUpdate', updates(key)))['UpdateResults']).toMatchObject([{ Status: 'Downloading' }]);
    const before = stage.server.types.length;
    expect((await ask('OSUpdateStatus'))['OSUpdateStatus']).toEqual([]); // installed between the sessions
    expect(stage.server.types.slice(before)).toEqual(['TokenUpdate']);
    expect(stage.view.state.facts).toMatchObject({ osVersion: '18.0.1', osBuild: '22A3370' });
  });

  it('keeps an update that waits for its owner, and tells of it', async () => {
    const { ask } = await enrolled({ facts: { osVersion: '18.0', osBuild: '22A3354' } });
    const keys = `<key>ProductVersion</key>${text('18.0.1')}<key>InstallAction</key>${text('InstallLater')}`;
    await ask('ScheduleOSUpdate', `<key>Updates</key><array><dict>${keys}</dict></array>`);
    expect((await ask('OSUpdateStatus'))['OSUpdateStatus']).toMatchObject([{ IsDownloaded: true, Status: 'Idle' }]);
  });

  it('Restrictions adds up what profiles forbid, for all and for each', async () => {
    const { ask } = await enrolled();
    const restrictions = (number: number, keys: string): string => payload('com.apple.applicationaccess', number, keys);
    const install = (id: string, content: string) =>
      ask('InstallProfile', `<key>Payload</key>${data(profile(id, [content]))}`);
    await install(
      'one',
      restrictions(
        60,
        '<key>allowCamera</key><true/><key>forceEncryptedBackup</key><true/><key>ratingApps</key><integer>600</integer>',
      ),
    );
    await install(
      'two',
      restrictions(
        61,
        '<key>allowCamera</key><false/><key>ratingApps</key><integer>200</integer><key>blockedAppBundleIDs</key><array><string>x</string></array>',
      ),
    );
    const answer = await ask('Restrictions', '<key>ProfileRestrictions</key><true/>');
    expect(answer['GlobalRestrictions']).toMatchObject({
      restrictedBool: { allowCamera: { value: false }, forceEncryptedBackup: { value: true } },
      restrictedValue: { ratingApps: { value: 200 } },
      union: { blockedAppBundleIDs: { values: ['x'] } },
    });
    expect(answer['ProfileRestrictions']).toMatchObject({ one: { restrictedBool: { allowCamera: { value: true } } } });
  });

  it('installs, lists and removes provisioning profiles', async () => {
    const { ask } = await enrolled();
    expect(chain(await ask('InstallProvisioningProfile', `<key>ProvisioningProfile</key>${data(png)}`))).toEqual([
      25000,
    ]);
    expect((await ask('ProvisioningProfileList'))['ProvisioningProfileList']).toEqual([]);
    expect(chain(await ask('RemoveProvisioningProfile', `<key>UUID</key>${text('u')}`))).toEqual([12014]);
  });

  it('restarts, shuts down, and leaves the wait for configuration', async () => {
    const { ask, stage } = await enrolled({ facts: { native: { AwaitingConfiguration: true } } });
    expect(stage.server.checkIns.at(-1)?.['AwaitingConfiguration']).toBe(true);
    const awaiting = async () =>
      (
        (await ask('DeviceInformation', `<key>Queries</key>${array(text('AwaitingConfiguration'))}`))[
          'QueryResponses'
        ] as PlistDict
      )['AwaitingConfiguration'];
    expect(await awaiting()).toBe(true);
    await ask('DeviceConfigured');
    expect(await awaiting()).toBe(false);
    await ask('RestartDevice');
    await ask('ShutDownDevice');
    expect(stage.commands.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['restart', 'shut-down']));
  });

  it('RequestUnlockToken gives the token of TokenUpdate', async () => {
    const { ask, stage } = await enrolled();
    const token = stage.server.checkIns.at(-1)?.['UnlockToken'] as Uint8Array;
    expect(Buffer.from((await ask('RequestUnlockToken'))['UnlockToken'] as Uint8Array).equals(token)).toBe(true);
  });

  it.each(Object.entries(requestTypes))(
    '%s is refused without its access right, and without supervision',
    async (type, needed) => {
      const { ask } = await enrolled({ mdm: { rights: needed.rights === 16 ? 1 : 16 }, facts: { supervised: false } });
      const answer = await ask(type, '', { unjudged: true });
      if (!Object.hasOwn(handlers, type)) expect(chain(answer)).toEqual([12021]);
      else if (needed.rights !== 0) expect(chain(answer)).toEqual([12007]);
      else if (needed.isSupervisedOnly) expect(chain(answer)).toEqual([29000]);
      else expect([12007, 29000]).not.toContain(chain(answer)[0]);
    },
  );

  it.each(['NoSuchCommand', 'constructor', '__proto__', 'RotateFileVaultKey'])(
    '%s is no command of iOS: 12021',
    async (type) => {
      const { ask } = await enrolled();
      const answer = await ask(type, '', { unjudged: true });
      expect(answer['ErrorChain']).toMatchObject([
        {
          ErrorCode: 12021,
          ErrorDomain: 'MCMDMErrorDomain',
          LocalizedDescription: `“${type}” is not a valid request type.`,
        },
      ]);
    },
  );

  it.each([
    ['DeviceInformation', ''],
    ['DeviceInformation', '<key>Queries</key><string>UDID</string>'],
    ['InstallProfile', '<key>Payload</key><string>x</string>'],
    ['RemoveProfile', ''],
    ['Settings', '<key>Settings</key><array><string>x</string></array>'],
    ['ClearPasscode', ''],
    ['EraseDevice', '<key>ReturnToService</key><dict/>'],
    ['ScheduleOSUpdate', '<key>Updates</key><array><dict/></array>'],
    ['DeclarativeManagement', '<key>Data</key><data>e30=</data>'],
  ])('%s with %j is a CommandFormatError', async (type, keys) => {
    const { ask } = await enrolled();
    expect((await ask(type, keys, { unjudged: true }))['Status']).toBe('CommandFormatError');
  });

  describe('what the device decides', () => {
    it('failed is an Error with its reason, later is NotNow', async () => {
      const failed = await enrolled({
        decide: ({ kind }) =>
          kind === 'restart' ? { status: 'failed', reason: 'no', code: 'MCMDMErrorDomain 12026' } : undefined,
      });
      expect(chain(await failed.ask('RestartDevice'))).toEqual([12026]);
      const later = await enrolled({
        decide: ({ kind }) => (kind === 'restart' ? { status: 'later', reason: 'busy' } : undefined),
      });
      expect((await later.ask('RestartDevice'))['Status']).toBe('NotNow');
    });
  });
});
