// Every command that the device is asked to know, once, from the profile's rights to Apple's own schema of the answer.
import { beforeAll, expect, it } from 'vitest';
import { parsePlistDict } from '../../../../protocol/plist/parse.js';
import type { PlistDict } from '../../../../protocol/plist/value.js';
import {
  accessRightOf,
  deviceInformationQueries,
  judgeCommand,
  judgeResult,
  schemaFiles,
} from '../../../support/apple-schema.js';
import type { SchemaKey } from '../../../support/apple-schema-keys.js';
import { isMap, whyNot } from '../../../support/apple-schema-keys.js';
import { describeWith } from '../../../support/programs.js';
import { hasSchema } from '../../../support/shared.js';
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
  xml,
} from './harness.js';

const text = (value: string): string => `<string>${value}</string>`;
const keyed = (key: string, value: string): string => `<key>${key}</key>${value}`;
const array = (...items: string[]): string => `<array>${items.join('')}</array>`;
const app = keyed('Identifier', text('com.example.app'));
const restrictions = profile('test.restrictions', [
  payload(
    'com.apple.applicationaccess',
    70,
    '<key>allowCamera</key><false/><key>ratingApps</key><integer>200</integer>',
  ),
  payload(
    'com.apple.mobiledevice.passwordpolicy',
    71,
    '<key>forcePIN</key><true/><key>minLength</key><integer>4</integer>',
  ),
]);
const followed = (identity: OpensslIdentity): string =>
  keyed(
    'ReturnToService',
    `<dict>${keyed('Enabled', '<true/>')}${keyed('MDMProfileData', data(enrollmentProfile(identity)))}</dict>`,
  );

interface Asked {
  readonly keys?: string | ((stage: Stage, identity: OpensslIdentity) => string);
  /** What must have been done before. */
  readonly after?: readonly (readonly [string, string])[];
}
const lost = [
  'EnableLostMode',
  keyed('Message', text('Please call')) + keyed('Footnote', text('Example Ltd')),
] as const;
const installed = ['InstallApplication', app] as const;
const restricted = ['InstallProfile', keyed('Payload', data(restrictions))] as const;

/** The commands that the issue names, with parameters that use most of what each has. */
const named: Readonly<Record<string, Asked>> = {
  DeviceInformation: {
    keys: () =>
      keyed(
        'Queries',
        array(
          ...(hasSchema() ? deviceInformationQueries() : [])
            .filter((query) => whyNot(query, { isSupervised: true }) === undefined)
            .map(({ key }) => text(key)),
        ),
      ),
  },
  SecurityInfo: { after: [restricted] },
  ProfileList: { keys: keyed('ManagedOnly', '<true/>'), after: [restricted] },
  InstallProfile: { keys: restricted[1] },
  RemoveProfile: { keys: keyed('Identifier', text('test.restrictions')), after: [restricted] },
  CertificateList: { keys: keyed('ManagedOnly', '<false/>') },
  InstalledApplicationList: { keys: keyed('ManagedAppsOnly', '<false/>'), after: [installed] },
  ManagedApplicationList: { keys: keyed('Identifiers', array(text('com.example.app'))), after: [installed] },
  InstallApplication: {
    keys: app + keyed('ManagementFlags', '<integer>5</integer>') + keyed('Configuration', '<dict/>'),
  },
  RemoveApplication: { keys: app, after: [installed] },
  ProvisioningProfileList: { keys: keyed('ManagedOnly', '<true/>') },
  Settings: {
    keys: keyed(
      'Settings',
      array(
        `<dict>${keyed('Item', text('DeviceName'))}${keyed('DeviceName', text('Named'))}</dict>`,
        `<dict>${keyed('Item', text('Bluetooth'))}${keyed('Enabled', '<true/>')}</dict>`,
        `<dict>${keyed('Item', text('ApplicationConfiguration'))}${keyed('Identifier', text('com.none'))}${keyed('Configuration', '<dict/>')}</dict>`,
      ),
    ),
  },
  Restrictions: { keys: keyed('ProfileRestrictions', '<true/>'), after: [restricted] },
  DeviceLock: { keys: keyed('Message', text('Locked')) + keyed('PhoneNumber', text('+48 1')) },
  ClearPasscode: {
    keys: (stage) =>
      keyed('UnlockToken', data((stage.server.checkIns.at(-1)?.['UnlockToken'] ?? Buffer.alloc(1)) as Uint8Array)),
  },
  EraseDevice: { keys: (_, identity) => keyed('PreserveDataPlan', '<true/>') + followed(identity) },
  RestartDevice: {},
  ShutDownDevice: {},
  EnableLostMode: { keys: lost[1] },
  DisableLostMode: { after: [lost] },
  DeviceLocation: { after: [lost] },
  PlayLostModeSound: { after: [lost] },
  AvailableOSUpdates: {},
  ScheduleOSUpdate: {
    keys: keyed(
      'Updates',
      array(
        `<dict>${keyed('ProductVersion', text('18.0.1'))}${keyed('InstallAction', text('DownloadOnly'))}</dict>`,
        `<dict>${keyed('ProductVersion', text('99'))}${keyed('InstallAction', text('Default'))}</dict>`,
      ),
    ),
  },
  OSUpdateStatus: {
    after: [
      [
        'ScheduleOSUpdate',
        keyed(
          'Updates',
          `<array><dict>${keyed('InstallAction', text('InstallLater'))}${keyed('ProductVersion', text('18.0.1'))}</dict></array>`,
        ),
      ],
    ],
  },
  DeviceConfigured: {},
  DeclarativeManagement: {
    keys: keyed(
      'Data',
      data(Buffer.from('{"SyncTokens":{"Timestamp":"2026-11-21T08:00:00Z","DeclarationsToken":"t"}}')),
    ),
  },
};

describeWith('openssl')('each named command', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  async function ask(type: string, mdm: MdmKeys = {}, supervised = true) {
    const { keys = '', after = [] } = named[type] ?? {};
    const stage = openStage({ facts: { supervised, osVersion: '18.0', osBuild: '22A3354' } });
    const link = await stage.enroll(enrollmentProfile(identity, { signMessage: false, ...mdm }));
    stage.change({ passcode: '1234' });
    const asked = command(type, typeof keys === 'string' ? keys : keys(stage, identity), 'asked');
    stage.server.queue.push(...after.map(([first, its]) => command(first, its)));
    // An app is there two sessions later at most: its person is asked, then it is installed.
    for (const _ of after.length === 0 ? [] : [1, 2]) await link.checkIn(stage.session);
    stage.server.queue.push(asked);
    await link.checkIn(stage.session);
    const answer = stage.server.results.find((result) => result['CommandUUID'] === 'asked');
    if (answer === undefined) throw new Error(`${type} was not answered`);
    return { answer, asked: parsePlistDict(asked)['Command'] as PlistDict };
  }
  const judged = (type: string, answer: PlistDict): string[] => judgeResult(type, answer, { isSupervised: true });

  it.each(Object.keys(named))(
    '%s is answered as its schema says, and the judge would notice if it were not',
    async (type) => {
      const { asked, answer } = await ask(type);
      expect(answer['Status']).toBe('Acknowledged');
      if (!hasSchema()) return;
      expect(judgeCommand(type, asked, { isSupervised: true })).toEqual([]);
      expect(judged(type, answer)).toEqual([]);
      for (const { at, changed } of withOneLeafOfAnotherType(answer))
        expect(judged(type, changed), `${at} of another type`).not.toEqual([]);
      for (const { at, changed } of withoutOneRequired(
        answer,
        schemaFiles('mdm/commands', type)[0]?.responsekeys ?? [],
      ))
        expect(judged(type, changed), `without ${at}`).not.toEqual([]);
      expect(judged(type, { ...answer, Surplus: 'x' })).not.toEqual([]);
      expect(judged(type, { ...answer, Status: 'Done' })).not.toEqual([]);
      for (const key of ['UDID', 'CommandUUID', 'Status']) expect(judged(type, without(answer, key))).not.toEqual([]);
    },
  );

  it.each(Object.keys(named))(
    '%s needs the right of its schema, no other, and supervision where that says so',
    async (type) => {
      if (!hasSchema()) return;
      const right = accessRightOf(type);
      const codes = (answer: PlistDict): number[] =>
        ((answer['ErrorChain'] ?? []) as PlistDict[]).map((link) => Number(link['ErrorCode']));
      if (right !== 0) {
        const refused = await ask(type, { rights: 8191 & ~(right === 1 ? 3 : right === 64 ? 192 : right) });
        expect(codes(refused.answer)).toEqual([12007]);
      }
      const ios = schemaFiles('mdm/commands', type)[0]?.payload.supportedOS?.['iOS'];
      const unsupervised = await ask(type, {}, false);
      expect(codes(unsupervised.answer)).toEqual(ios?.supervised === true ? [29000] : []);
    },
  );

  it('are all of those that the issue names', () => {
    expect(Object.keys(named)).toHaveLength(27);
  });

  it('and anything else is refused as iOS refuses it', async () => {
    const stage = openStage();
    const link = await stage.enroll(enrollmentProfile(identity));
    stage.server.queue.push(command('MakeCoffee'), xml('<dict><key>CommandUUID</key><string>u</string></dict>'));
    await link.checkIn(stage.session);
    expect(stage.server.results.slice(-2)).toMatchObject([
      { Status: 'Error', ErrorChain: [{ ErrorCode: 12021, ErrorDomain: 'MCMDMErrorDomain' }] },
      { Status: 'CommandFormatError', CommandUUID: 'u' },
    ]);
  });
});

interface Variant {
  readonly at: string;
  readonly changed: PlistDict;
}

const without = (dictionary: PlistDict, key: string): PlistDict => {
  const { [key]: _gone, ...rest } = dictionary;
  return rest;
};

/** The same answer with one value replaced: text by a number, anything else by text. Keys below wildcards may be anything. */
function* withOneLeafOfAnotherType(answer: PlistDict, at = ''): Generator<Variant> {
  for (const [key, value] of Object.entries(answer)) {
    const here = `${at}/${key}`;
    if (value === undefined || key === 'Configuration') continue;
    yield { at: here, changed: { ...answer, [key]: typeof value === 'string' ? 7 : 'another' } };
    if (isMap(value)) {
      for (const { at: below, changed } of withOneLeafOfAnotherType(value as PlistDict, here))
        yield { at: below, changed: { ...answer, [key]: changed } };
    } else if (Array.isArray(value) && isMap(value[0])) {
      for (const { at: below, changed } of withOneLeafOfAnotherType(value[0] as PlistDict, here))
        yield { at: below, changed: { ...answer, [key]: [changed, ...value.slice(1)] } };
    }
  }
}

/** The same answer without one of the keys that the schema requires, at whatever depth. */
function* withoutOneRequired(answer: PlistDict, rows: readonly SchemaKey[], at = ''): Generator<Variant> {
  for (const row of rows) {
    const value = answer[row.key];
    if (value === undefined) continue;
    const here = `${at}/${row.key}`;
    if (row.presence === 'required') yield { at: here, changed: without(answer, row.key) };
    if (isMap(value)) {
      for (const { at: below, changed } of withoutOneRequired(value as PlistDict, row.subkeys ?? [], here))
        yield { at: below, changed: { ...answer, [row.key]: changed } };
    } else if (Array.isArray(value) && isMap(value[0])) {
      for (const { at: below, changed } of withoutOneRequired(
        value[0] as PlistDict,
        row.subkeys?.[0]?.subkeys ?? [],
        here,
      ))
        yield { at: below, changed: { ...answer, [row.key]: [changed, ...value.slice(1)] } };
    }
  }
}
