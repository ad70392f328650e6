// What profiles of several origins do to each other: one setting of two profiles, undoing, the moment of removal, rights.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Link } from '../../../../agent/platform/driver.js';
import { readPredicate } from '../../../../agent/platform/ios/ddm/predicate.js';
import { settingItems } from '../../../../agent/platform/ios/settings.js';
import { isDict, type PlistDict } from '../../../../protocol/plist/value.js';
import { describeWith } from '../../../support/programs.js';
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
  type StageOptions,
} from './harness.js';

const wifi = (number: number, ssid: string) =>
  payload('com.apple.wifi.managed', number, `<key>SSID_STR</key><string>${ssid}</string>`);

let identity: OpensslIdentity;

async function enrolled(options: StageOptions = {}, keys: MdmKeys = {}) {
  const stage = openStage(options);
  const link: Link = await stage.enroll(enrollmentProfile(identity, keys));
  const ask = async (requestType: string, body: string): Promise<PlistDict> => {
    stage.server.queue.push(command(requestType, body));
    await link.checkIn(stage.session);
    return stage.server.last;
  };
  const install = (document: Uint8Array) => ask('InstallProfile', `<key>Payload</key>${data(document)}`);
  const ssids = () =>
    stage.view.state.holdings.flatMap(({ profile: held }) =>
      held.kind === 'wifi' ? [`${held.name}: ${held.ssid}`] : [],
    );
  return { stage, link, ask, install, ssids };
}

describeWith('openssl')('a setting that two profiles bring', () => {
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  it('stays for the other when an update of the one no longer has it', async () => {
    const { install, ssids } = await enrolled();
    await install(profile('office', [wifi(21, 'one'), wifi(22, 'two')]));
    await install(profile('office/test.payload.21', [wifi(50, 'one')])); // its only payload bears its identifier
    expect(ssids()).toEqual(['office/test.payload.22: two', 'office/test.payload.21: one']);
    const answer = await install(profile('office', [wifi(22, 'two'), wifi(23, 'three')]));
    expect(answer['Status']).toBe('Acknowledged');
    expect(ssids().sort()).toEqual([
      'office/test.payload.21: one',
      'office/test.payload.22: two',
      'office/test.payload.23: three',
    ]);
  });

  it('stays for the other when the one is removed, and goes with the last', async () => {
    const { install, ask, ssids } = await enrolled();
    await install(profile('office', [wifi(21, 'one'), wifi(22, 'two')]));
    await install(profile('office/test.payload.21', [wifi(50, 'one')]));
    await ask('RemoveProfile', '<key>Identifier</key><string>office</string>');
    expect(ssids()).toEqual(['office/test.payload.21: one']);
    await ask('RemoveProfile', '<key>Identifier</key><string>office/test.payload.21</string>');
    expect(ssids()).toEqual([]);
  });

  it('is undone in the opposite order, so that nothing is taken away from under what refers to it', async () => {
    const { install, stage } = await enrolled({
      decide: (asked) =>
        asked.kind === 'install-profile' && asked.profile.name.endsWith('23')
          ? { status: 'failed', reason: 'no room' }
          : undefined,
    });
    const answer = await install(profile('office', [wifi(21, 'one'), wifi(22, 'two'), wifi(23, 'three')]));
    expect(answer['Status']).toBe('Error');
    const asked = stage.commands.flatMap((each) =>
      each.kind === 'install-profile'
        ? [`+${each.profile.name}`]
        : each.kind === 'remove-profile'
          ? [`-${each.name}`]
          : [],
    );
    const name = (number: number): string => `office/test.payload.${number}`;
    expect(asked).toEqual([`+${name(21)}`, `+${name(22)}`, `+${name(23)}`, `-${name(22)}`, `-${name(21)}`]);
  });

  it('is removed at its time, not before', async () => {
    const { install, link, stage } = await enrolled();
    await install(profile('brief', [wifi(47, 'brief')], '<key>DurationUntilRemoval</key><real>60</real>'));
    const at = stage.clock.now() + 60_000;
    expect(link.nextLocalAct?.(at - 1)).toBe(at);
    await link.actLocally?.({ now: at - 1, apply: stage.apply });
    expect(stage.names()).toEqual(['brief']);
    await link.actLocally?.({ now: at, apply: stage.apply });
    expect(stage.names()).toEqual([]);
  });

  // Apple's settings.yaml, `accessrights`: AllowQueryNetworkInformation is 32, AllowAppInstallation 4096.
  it.each([
    [32, ['PersonalHotspot']],
    [4096, ['ApplicationConfiguration', 'ApplicationAttributes']],
  ])('of the Settings command needs the right %i for %s, and for no other', async (right, names) => {
    const { ask } = await enrolled({}, { rights: 8191 & ~right });
    const items = Object.keys(settingItems)
      .map((name) => `<dict><key>Item</key><string>${name}</string></dict>`)
      .join('');
    const answer = await ask('Settings', `<key>Settings</key><array>${items}</array>`);
    const refused = (Array.isArray(answer['Settings']) ? answer['Settings'] : [])
      .filter(isDict)
      .filter(({ ErrorChain: chain }) => Array.isArray(chain) && isDict(chain[0]) && chain[0]['ErrorCode'] === 12007);
    expect(refused.map(({ Item }) => Item)).toEqual(names);
  });
});

describe('the comparisons of a predicate', () => {
  const knowing = (value: unknown) => ({ status: () => value, property: () => undefined });
  const held = (text: string): boolean => readPredicate(`@status(version) ${text}`)(knowing('18.1'));

  it.each([
    ['>', [false, false, true]],
    ['>=', [false, true, true]],
    ['<', [true, false, false]],
    ['<=', [true, true, false]],
    ['==', [false, true, false]],
    ['!=', [true, false, true]],
  ] as const)('%s holds below, at and above the value as it should', (operator, expected) => {
    expect(['18.2', '18.1', '18.0'].map((other) => held(`${operator} "${other}"`))).toEqual(expected);
    const number = (value: number) => readPredicate(`@status(n) ${operator} 5`)(knowing(value));
    expect([4, 5, 6].map(number)).toEqual(expected);
  });
});
