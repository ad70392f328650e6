import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { handlers } from '../../../../agent/platform/ios/commands/table.js';
import { isRollcallError } from '../../../../base/errors.js';
import { encodeCommand } from '../../../../protocol/apple-mdm/command.js';
import { dict, type PlistDict, type PlistValue } from '../../../../protocol/plist/value.js';
import { describeWith } from '../../../support/programs.js';
import { command, data, enrollmentProfile, type OpensslIdentity, openStage, opensslIdentity } from './harness.js';

const keys = [
  'Queries',
  'Payload',
  'Identifier',
  'Identifiers',
  'Settings',
  'Item',
  'Items',
  'UnlockToken',
  'ReturnToService',
  'Enabled',
  'MDMProfileData',
  'Updates',
  'InstallAction',
  'ProductKey',
  'Data',
  'Message',
  'Options',
  'Configuration',
  'ManifestURL',
  'iTunesStoreID',
  'UUID',
  'ProvisioningProfile',
  'ManagedOnly',
  '__proto__',
  'constructor',
];
const values = fc.letrec<{ value: PlistValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.constantFrom('DeviceName', 'OrganizationInfo', 'TimeZone', 'UDID', '__proto__', 'toString', 'InstallASAP'),
    fc.integer(),
    fc.boolean(),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 5 }).map((made) => dict(made) as PlistDict),
  ),
})).value;

describeWith('openssl')('a hostile authority', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  it('gets an answer to every command, whatever its parameters are', async () => {
    const stage = openStage({ ios: { maxCommandsPerSession: 1e9 } });
    const link = await stage.enroll(enrollmentProfile(identity, { signMessage: false }));
    const parameters = fc.dictionary(fc.constantFrom(...keys), values, { maxKeys: 6 });
    const asked = fc.tuple(fc.constantFrom(...Object.keys(handlers)), parameters);
    for (const [index, [RequestType, body]] of fc.sample(asked, { numRuns: 3000, seed: 7 }).entries()) {
      stage.server.queue.push(encodeCommand(`c${index}`, dict({ ...body, RequestType })));
    }
    while (stage.server.queue.length > 0) await link.checkIn(stage.session);
    const statuses = new Set(stage.server.results.map((result) => result['Status']));
    expect([...statuses].sort()).toEqual(['Acknowledged', 'CommandFormatError', 'Error', 'Idle']);
  });

  it('cannot break more than the session with bytes that are damaged', async () => {
    const stage = openStage();
    const link = await stage.enroll(enrollmentProfile(identity, { signMessage: false }));
    const whole = command('InstallProfile', `<key>Payload</key>${data(enrollmentProfile(identity))}`);
    const damages = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    for (const damage of fc.sample(damages, { numRuns: 500, seed: 11 })) {
      const bytes = Buffer.from(whole);
      for (const [at, byte] of damage) bytes[at] = byte;
      stage.server.queue.splice(0, stage.server.queue.length, bytes);
      const failure = await link.checkIn(stage.session).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure !== undefined) expect(isRollcallError(failure), String(failure)).toBe(true);
    }
    stage.server.queue.length = 0;
    await expect(link.checkIn(stage.session)).resolves.toMatchObject({ commands: 0 });
  });
});
