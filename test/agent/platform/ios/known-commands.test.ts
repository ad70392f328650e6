// Every command of Apple's schema: carried out, or refused as iOS refuses what it cannot do then; and what depends on supervision
// and on the version of iOS.
import { beforeAll, describe, expect, it } from 'vitest';
import { handlers } from '../../../../agent/platform/ios/commands/table.js';
import { requestTypes } from '../../../../protocol/apple-mdm/request-types.js';
import type { PlistDict } from '../../../../protocol/plist/value.js';
import {
  deviceInformationQueries,
  isOnIos,
  judgeCommand,
  judgeResult,
  schemaFiles,
  schemaTypes,
} from '../../../support/apple-schema.js';
import { describeWith } from '../../../support/programs.js';
import { hasSchema, withSchema } from '../../../support/shared.js';
import { askedDevice, chainOf } from './asking.js';
import { command, data, type OpensslIdentity, opensslIdentity, payload, profile } from './harness.js';

const text = (key: string, value: string): string => `<key>${key}</key><string>${value}</string>`;
const number = (key: string, value: number): string => `<key>${key}</key><integer>${value}</integer>`;
const book = text('MediaType', 'Book');

/** What stands beside the RequestType, the codes that the device answers with, and what else is in the answer. */
interface Case {
  readonly keys?: string;
  readonly codes?: readonly number[];
  readonly answer?: object;
}
const format: Case['answer'] = { Status: 'CommandFormatError' };

const leftOut: Readonly<Record<string, readonly Case[]>> = {
  ApplyRedemptionCode: [
    { keys: text('Identifier', 'com.example.app') + text('RedemptionCode', 'X'), codes: [12028] },
    { answer: format },
  ],
  InstallMedia: [
    {
      keys: book + number('iTunesStoreID', 7),
      codes: [12046],
      answer: { RejectionReason: 'CouldNotVerifyITunesStoreID', iTunesStoreID: 7 },
    },
    {
      keys: book + text('MediaURL', 'https://mdm.test/a.pdf'),
      codes: [12043],
      answer: { RejectionReason: 'DownloadInvalid' },
    },
    { keys: book + text('MediaURL', 'http://mdm.test/a.pdf'), codes: [12034] },
    { keys: book, answer: format },
    { answer: format },
  ],
  ManagedMediaList: [{ answer: { Books: [] } }],
  RemoveMedia: [{ keys: book, answer: { Status: 'Acknowledged' } }, { answer: format }],
  RequestMirroring: [
    { keys: text('DestinationName', 'Hall'), answer: { MirroringResult: 'DestinationNotFound' } },
    { keys: text('DestinationDeviceID', '00:11:22:33:44:55') + number('ScanTime', 9), answer: format },
    { keys: text('DestinationDeviceID', '00:11:22:33:44:55') + number('ScanTime', 301), answer: format },
    { answer: format },
  ],
  StopMirroring: [{ answer: { Status: 'Acknowledged' } }],
  ClearRestrictionsPassword: [{ answer: { Status: 'Acknowledged' } }],
  ActivationLockBypassCode: [
    {
      answer: {
        ActivationLockBypassCode: expect.stringMatching(/^[0-9AC-HJ-NP-RT-Z]{5}-\w{5}-\w{4}-\w{4}-\w{4}-\w{4}$/),
      },
    },
  ],
  ClearActivationLockBypassCode: [{ answer: { Status: 'Acknowledged' } }],
  RefreshCellularPlans: [
    { keys: text('eSIMServerURL', 'https://carrier.test'), answer: { Status: 'Acknowledged' } },
    { answer: format },
  ],
  UserList: [{ codes: [12070] }],
  DeleteUser: [
    { keys: text('UserName', 'ann'), codes: [12071] },
    { keys: '<key>DeleteAllUsers</key><true/>', codes: [12071] },
    { answer: format },
  ],
  // Of a Shared iPad, or of its user channel, alone.
  InviteToProgram: [{ codes: [12021] }],
  LogOutUser: [{ codes: [12021] }],
  UserConfigured: [{ codes: [12021] }],
};

/** Those that have a test elsewhere of what they do (named-commands.test.ts, commands.test.ts). */
const carriedOut: readonly string[] = [
  'AvailableOSUpdates',
  'CertificateList',
  'ClearPasscode',
  'DeclarativeManagement',
  'DeviceConfigured',
  'DeviceInformation',
  'DeviceLocation',
  'DeviceLock',
  'DisableLostMode',
  'EnableLostMode',
  'EraseDevice',
  'InstallApplication',
  'InstallProfile',
  'InstallProvisioningProfile',
  'InstalledApplicationList',
  'ManagedApplicationAttributes',
  'ManagedApplicationConfiguration',
  'ManagedApplicationFeedback',
  'ManagedApplicationList',
  'OSUpdateStatus',
  'PlayLostModeSound',
  'ProfileList',
  'ProvisioningProfileList',
  'RemoveApplication',
  'RemoveProfile',
  'RemoveProvisioningProfile',
  'RequestUnlockToken',
  'RestartDevice',
  'Restrictions',
  'ScheduleOSUpdate',
  'SecurityInfo',
  'Settings',
  'ShutDownDevice',
  'ValidateApplications',
];

describeWith('openssl')('a command of Apple’s schema', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });
  const cellular = { facts: { supervised: true, osVersion: '18.1', imei: '350000000000006' } };

  it('is carried out or left out, each by name', () => {
    expect([...carriedOut, ...Object.keys(leftOut)].sort()).toEqual(Object.keys(requestTypes).sort());
    expect(carriedOut.filter((type) => !Object.hasOwn(handlers, type))).toEqual([]);
  });

  it('of iOS is one of those, and any other is 12021', withSchema, async () => {
    const { ask } = await askedDevice(identity, cellular);
    for (const type of schemaTypes('mdm/commands')) {
      const isOfIos = schemaFiles('mdm/commands', type).some(isOnIos);
      expect([type, carriedOut.includes(type) || Object.hasOwn(leftOut, type)]).toEqual([type, isOfIos]);
      if (!isOfIos) expect([type, chainOf(await ask(type))]).toEqual([type, [12021]]);
    }
  });

  it.each(
    Object.entries(leftOut).flatMap(([type, cases]) => cases.map((each) => [type, each.keys ?? '', each] as const)),
  )(
    'that is left out is answered as where its other side is not there: %s %s',
    async (type, keys, { codes = [], answer: expected = {} }) => {
      const { ask } = await askedDevice(identity, cellular);
      const answer = await ask(type, keys);
      expect(chainOf(answer)).toEqual(codes);
      expect(answer).toMatchObject(expected);
      if (hasSchema()) expect(judgeResult(type, answer, { isSupervised: true })).toEqual([]);
    },
  );

  it('ActivationLockBypassCode has no code any more once it was cleared', async () => {
    const { ask } = await askedDevice(identity, cellular);
    const first = await ask('ActivationLockBypassCode');
    expect((await ask('ActivationLockBypassCode'))['ActivationLockBypassCode']).toBe(first['ActivationLockBypassCode']);
    await ask('ClearActivationLockBypassCode');
    expect(chainOf(await ask('ActivationLockBypassCode'))).toEqual([12010]);
  });

  it('RefreshCellularPlans is no command of a device without a modem', async () => {
    const stage = await askedDevice(identity, { facts: { osVersion: '18.1', model: 'iPad13,18', modelName: 'iPad' } });
    const { imei: _none, meid: _neither, ...facts } = stage.stage.view.state.facts;
    stage.stage.view.state = { ...stage.stage.view.state, facts };
    expect(chainOf(await stage.ask('RefreshCellularPlans', text('eSIMServerURL', 'https://carrier.test')))).toEqual([
      12021,
    ]);
  });

  it('that asks for a tether is 12081 on a device that has none', async () => {
    const { ask } = await askedDevice(identity, cellular);
    const tethered = '<key>RequestRequiresNetworkTether</key>';
    expect(chainOf(await ask('ProfileList', `${tethered}<true/>`))).toEqual([12081]);
    expect((await ask('ProfileList', `${tethered}<false/>`))['Status']).toBe('Acknowledged');
  });

  describe('on an older iOS', () => {
    it.each([
      ['14.8', 'DeclarativeManagement'],
      ['12.5', 'RefreshCellularPlans'],
      ['9.2', 'EnableLostMode'],
      ['10.2', 'RestartDevice'],
    ])('%s does not know %s', async (osVersion, type) => {
      const { ask } = await askedDevice(identity, { facts: { supervised: true, osVersion } });
      expect(chainOf(await ask(type, text('eSIMServerURL', 'https://carrier.test')))).toEqual([12021]);
    });

    it('a setting that came later is unknown: 28000', async () => {
      const { ask } = await askedDevice(identity, { facts: { supervised: true, osVersion: '13.7' } });
      const item = `<dict>${text('Item', 'TimeZone')}${text('TimeZone', 'Europe/Warsaw')}</dict>`;
      const [result] = (await ask('Settings', `<key>Settings</key><array>${item}</array>`))['Settings'] as PlistDict[];
      expect(chainOf(result ?? {})).toEqual([28000]);
    });

    it('EraseDevice is the end: Return to Service came with 17', async () => {
      const service = `<key>ReturnToService</key><dict><key>Enabled</key><true/><key>MDMProfileData</key>${data(Buffer.from('x'))}</dict>`;
      const { stage, link } = await askedDevice(identity, { facts: { osVersion: '16.7' } });
      stage.server.queue.push(command('EraseDevice', service));
      const report = await link.checkIn(stage.session);
      expect([report.left, report.next]).toEqual(['wiped', undefined]);
    });

    // What it sends is judged by the rows of the schema that this version has.
    it.each(['9.3.2', '12.5', '15.8', '17.6.1', '18.1'])(
      '%s says nothing that came later',
      withSchema,
      async (osVersion) => {
        const { ask, install } = await askedDevice(identity, { facts: { supervised: false, osVersion } });
        await install('p', [payload('com.apple.mobiledevice.passwordpolicy', 50, '<key>forcePIN</key><true/>')]);
        await ask('InstallApplication', text('Identifier', 'com.example.app'));
        const queries = deviceInformationQueries().map(({ key }) => `<string>${key}</string>`);
        const asked: [string, string][] = [
          ['DeviceInformation', `<key>Queries</key><array>${queries.join('')}</array>`],
          ['SecurityInfo', ''],
          ['ProfileList', ''],
          ['CertificateList', ''],
          ['InstalledApplicationList', ''],
          ['ManagedApplicationList', ''],
          ['Restrictions', '<key>ProfileRestrictions</key><true/>'],
        ];
        for (const [type, keys] of asked) {
          const answer = await ask(type, keys);
          expect(answer['Status']).toBe('Acknowledged');
          expect([type, judgeResult(type, answer, { isSupervised: false, osVersion })]).toEqual([type, []]);
        }
      },
    );
  });

  describe('ProfileList', () => {
    const managed = (answer: PlistDict) =>
      (answer['ProfileList'] as PlistDict[]).map((each) => [each['PayloadIdentifier'], each['IsManaged']]);
    const other = profile('other', [payload('com.example.any', 60, '')]);

    it('of a device that is not supervised says which profiles its server installed; the enrollment profile it did not', async () => {
      const { ask } = await askedDevice(identity, { facts: { supervised: false } });
      await ask('InstallProfile', `<key>Payload</key>${data(other)}`);
      expect(managed(await ask('ProfileList'))).toEqual([
        ['test.enrollment', false],
        ['other', true],
      ]);
    });

    it('of a supervised device does not say it', async () => {
      const { ask } = await askedDevice(identity, { facts: { supervised: true } });
      await ask('InstallProfile', `<key>Payload</key>${data(other)}`);
      expect(managed(await ask('ProfileList'))).toEqual([
        ['test.enrollment', undefined],
        ['other', undefined],
      ]);
    });
  });

  it('that this test asks is itself as the schema has it', withSchema, () => {
    const plain = { RequestType: 'ManagedMediaList' };
    expect(judgeCommand('ManagedMediaList', plain, { isSupervised: true })).toEqual([]);
  });
});
