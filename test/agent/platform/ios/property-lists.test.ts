// What a device takes and refuses of the property lists that a server sends (cases of docs/wire/apple-sources/plist.md).
import { beforeAll, expect, it } from 'vitest';
import { packState, unpackState } from '../../../../agent/store/pack.js';
import { describeWith, openssl } from '../../../support/programs.js';
import {
  command,
  data,
  enrollmentProfile,
  type OpensslIdentity,
  openStage,
  opensslIdentity,
  payload,
  profile,
  type StageOptions,
  xml,
} from './harness.js';

describeWith('openssl')('a property list from the server', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });
  const enrolled = async (options: StageOptions = {}) => {
    const stage = openStage(options);
    const link = await stage.enroll(enrollmentProfile(identity));
    return { stage, link, checkIn: () => link.checkIn(stage.session) };
  };
  const lifted = (stage: { happenings: readonly { type: string }[] }) =>
    stage.happenings.filter(({ type }) => type === 'lifted');
  const told = (message: RegExp) => ({
    type: 'lifted',
    lenient: 'plist',
    code: 'PLIST_MALFORMED',
    message: expect.stringMatching(message),
  });

  const list = command('ProfileList', '', 'c1').toString();
  const bare = list.slice(list.indexOf('<dict>'), list.indexOf('</plist>'));
  it.each<[string, Buffer]>([
    ['followed by other bytes', Buffer.from(`${list}\n<!-- -->junk\0`)],
    ['in UTF-16 with a mark', Buffer.from(`\ufeff${list}`, 'utf16le')],
    ['in ISO-8859-1 as declared', Buffer.from(list.replace('UTF-8', 'ISO-8859-1').replace('c1', 'cé'), 'latin1')],
    ['without <plist>', Buffer.from(bare)],
    ['in the old style', Buffer.from('{ Command = { RequestType = ProfileList; }; CommandUUID = "c1"; } // end')],
  ])('%s is a command as any other', async (_name, bytes) => {
    const { stage, checkIn } = await enrolled();
    stage.server.queue.push(bytes);
    await checkIn();
    expect(stage.server.last).toMatchObject({ Status: 'Acknowledged', CommandUUID: expect.stringMatching(/^c[1é]$/) });
  });

  it.each([
    ['<data/>', '<key>x</key><data/>'],
    ['white space in a date', '<key>x</key><date>2026-01-31T12:00:00Z </date>'],
    ['white space behind an integer', '<key>x</key><integer>1 </integer>'],
    ['a comment in a string', '<key>x</key><string>a<!-- b --></string>'],
  ])('with %s is no command, unless that is lifted and told', async (_name, keys) => {
    const strict = await enrolled();
    strict.stage.server.queue.push(command('ProfileList', keys));
    await expect(strict.checkIn()).rejects.toMatchObject({
      code: 'ANSWER_MALFORMED',
      cause: { code: 'PLIST_MALFORMED', message: expect.stringMatching(/line \d+, column \d+/) },
    });
    expect(lifted(strict.stage)).toEqual([]);

    const { stage, checkIn } = await enrolled({ lenient: ['plist'] });
    stage.server.queue.push(command('ProfileList', keys, 'c1'), command('ProfileList', '', 'c2'));
    await checkIn();
    expect(stage.server.results.slice(-2)).toMatchObject([
      { Status: 'Acknowledged', CommandUUID: 'c1' },
      { Status: 'Acknowledged', CommandUUID: 'c2' },
    ]);
    expect(lifted(stage)).toEqual([told(/line \d+, column \d+/)]);
  });

  const font = '<key>SSID_STR</key><string>office</string><key>x</key><data/>';
  const wifi = () => profile('test.wifi', [payload('com.apple.wifi.managed', 30, font)]);

  it('may be nested 128 deep, and is stored so', async () => {
    const nest = (levels: number): string => `${'<array>'.repeat(levels)}${'</array>'.repeat(levels)}`;
    const deep = (levels: number) =>
      command(
        'InstallProfile',
        `<key>Payload</key>${data(profile('test.deep', [payload('com.example.x', 30, `<key>x</key>${nest(levels)}`)]))}`,
      );
    const { stage, checkIn, link } = await enrolled();
    stage.server.queue.push(deep(125), deep(126));
    await checkIn();
    expect(stage.server.results.slice(-2)).toMatchObject([{ Status: 'Acknowledged' }, { Status: 'Error' }]);
    const packed = packState({ ...stage.view.state, link: link.saved });
    expect(unpackState(packed).link).toBeDefined();
  });

  it('is a profile that cannot be parsed: 4000, 1000, with the line; or lifted and told', async () => {
    const install = () => command('InstallProfile', `<key>Payload</key>${data(wifi())}`);
    const strict = await enrolled();
    strict.stage.server.queue.push(install());
    await strict.checkIn();
    expect(strict.stage.server.last).toMatchObject({
      Status: 'Error',
      ErrorChain: [
        { ErrorCode: 4000 },
        { ErrorCode: 1000, LocalizedDescription: expect.stringMatching(/<data\/>.*line \d+/) },
      ],
    });

    const { stage, checkIn } = await enrolled({ lenient: ['plist'] });
    stage.server.queue.push(install());
    await checkIn();
    expect(stage.server.last).toMatchObject({ Status: 'Acknowledged' });
    expect(lifted(stage)).toEqual([told(/<data\/>/)]);
  });

  it('is an enrollment profile that cannot be parsed, or lifted and told', async () => {
    const document = enrollmentProfile(identity, { extra: '<key>x</key><data/>' });
    await expect(openStage().enroll(document)).rejects.toMatchObject({ code: 'ENROLL_FAILED' });
    const stage = openStage({ lenient: ['plist'] });
    await stage.enroll(document);
    expect(lifted(stage)).toEqual([told(/<data\/>/)]);
  });

  it.each([
    [
      'an app’s manifest',
      () => command('InstallApplication', '<key>ManifestURL</key><string>https://files.test/app</string>'),
    ],
    [
      'a provisioning profile',
      () =>
        command(
          'InstallProvisioningProfile',
          `<key>ProvisioningProfile</key>${data(
            openssl(
              [
                'cms',
                '-sign',
                '-binary',
                '-nodetach',
                '-outform',
                'DER',
                '-signer',
                identity.file('cert.pem'),
                '-inkey',
                identity.file('key.pem'),
              ],
              xml('<dict><key>Name</key><string>p</string><key>UUID</key><string>u</string><key>x</key><data/></dict>'),
            ),
          )}`,
        ),
    ],
  ])('is %s that cannot be read, or lifted and told', async (_name, ask) => {
    for (const lenient of [[], ['plist']] as const) {
      const { stage, checkIn } = await enrolled({ lenient });
      stage.server.override = ({ url }) =>
        url === 'https://files.test/app'
          ? xml(
              '<dict><key>items</key><array><dict><key>metadata</key><dict><key>bundle-identifier</key><string>a.b</string></dict><key>x</key><data/></dict></array></dict>',
            )
          : undefined;
      stage.server.queue.push(ask());
      await checkIn();
      expect(stage.server.last['Status']).toBe(lenient.length === 0 ? 'Error' : 'Acknowledged');
      expect(lifted(stage)).toEqual(lenient.length === 0 ? [] : [told(/<data\/>/)]);
    }
  });

  it('reads data with an entity as other bytes: the letters of the entity are base64', async () => {
    const { stage, checkIn } = await enrolled();
    const broken = data(wifi()).replace(/(.{30})/, '$1&#xA;');
    stage.server.queue.push(command('InstallProfile', `<key>Payload</key>${broken}`));
    await checkIn();
    expect(stage.server.last).toMatchObject({ Status: 'Error' });
  });
});
