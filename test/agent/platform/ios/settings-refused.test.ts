import { beforeAll, expect, it } from 'vitest';
import { isDict } from '../../../../protocol/plist/value.js';
import { describeWith } from '../../../support/programs.js';
import {
  command,
  enrollmentProfile,
  type OpensslIdentity,
  openStage,
  opensslIdentity,
  type StageOptions,
} from './harness.js';

const items = ['DataRoaming', 'VoiceRoaming']
  .map((name) => `<dict><key>Item</key><string>${name}</string><key>Enabled</key><true/></dict>`)
  .join('');

describeWith('openssl')('a setting that the device', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  /** The answer to a Settings command of two items, of which the device decides about the second. */
  async function answerWhen(decided: ReturnType<NonNullable<StageOptions['decide']>>) {
    const stage = openStage({
      decide: (asked) => (asked.kind === 'native' && asked.name === 'Settings/VoiceRoaming' ? decided : undefined),
    });
    const link = await stage.enroll(enrollmentProfile(identity));
    stage.server.queue.push(command('Settings', `<key>Settings</key><array>${items}</array>`));
    await link.checkIn(stage.session);
    const { Status, Settings } = stage.server.last;
    return { status: Status, items: (Array.isArray(Settings) ? Settings : []).filter(isDict) };
  }

  it('makes is acknowledged', async () => {
    const { status, items } = await answerWhen(undefined);
    expect(status).toBe('Acknowledged');
    expect(items.map((item) => item['Status'])).toEqual(['Acknowledged', 'Acknowledged']);
  });

  it('refuses is an error of that item alone, with its reason', async () => {
    const { status, items } = await answerWhen({
      status: 'failed',
      reason: 'not here',
      code: 'SettingsErrorDomain 28002',
    });
    expect(status).toBe('Acknowledged');
    expect(items.map((item) => item['Status'])).toEqual(['Acknowledged', 'Error']);
    expect(items[1]?.['ErrorChain']).toMatchObject([{ ErrorCode: 28002, ErrorDomain: 'SettingsErrorDomain' }]);
  });

  it('puts off puts the whole command off', async () => {
    expect((await answerWhen({ status: 'later', reason: 'busy' })).status).toBe('NotNow');
  });
});
