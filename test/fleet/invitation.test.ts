import { describe, expect, it, vi } from 'vitest';
import { type DeviceFacts, type Ports, platforms, seededRandom } from '../../agent/index.js';
import type { Target } from '../../fleet/engine/embedded.js';
import { invitationOf } from '../../fleet/engine/invitation.js';
import { Population } from '../../fleet/engine/population.js';
import { crowdOf } from '../../fleet/engine/selection.js';
import { smokePlan } from '../../fleet/smoke.js';
import { targetOf } from '../../fleet/typed.js';

const open = async (given: Readonly<Record<string, string>>): Promise<Target> =>
  targetOf(
    { server: 'http://mdm.example:8080', 'allow-http': true, users: 10, ...given },
    smokePlan(['android'], 'other'),
    [],
    new AbortController().signal,
  );

function factsOf(platform: string): DeviceFacts {
  const found = platforms.find(({ name }) => name === platform);
  if (found === undefined) throw new Error(`no ${platform}`);
  return found.describe(seededRandom('facts', 0));
}
const android = factsOf('android');
const template = 'https://hmdm.example/rest/public/qr/json/KEY?create=1&deviceId={id}&group={user}&nth={index}';

describe('a fleet at a Headwind server', () => {
  it('enrolls Android devices by the address that was given, each with what is its own', async () => {
    vi.stubEnv('ROLLCALL_HMDM_SECRET', 'swordfish');
    const target = await open({ 'android-enroll': template });
    expect(invitationOf(target, 11, android)).toEqual({
      authority: 'https://hmdm.example',
      url: `https://hmdm.example/rest/public/qr/json/KEY?create=1&deviceId=${android.id}&group=user2%40contoso.example&nth=12`,
      user: 'user2@contoso.example',
      token: 'swordfish',
      allowHttp: true,
    });
    expect(invitationOf(target, 0, factsOf('ios'))).not.toHaveProperty('token');
    expect(invitationOf(target, 0, factsOf('ios')).url).toBe(
      'http://mdm.example:8080/enroll/ios?user=user1%40contoso.example',
    );
    vi.unstubAllEnvs();
  });

  it('enrolls them at a stub by the key of the user', async () => {
    expect(invitationOf(await open({}), 0, android)).toEqual({
      authority: 'http://mdm.example:8080',
      url: 'http://mdm.example:8080/rest/public/qr/json/user1%40contoso.example?create=1',
      user: 'user1@contoso.example',
      allowHttp: true,
    });
  });

  it.each([
    [{ 'android-enroll': 'https://h.example/{number}' }, /\{number\} stands for nothing/],
    [{ 'android-enroll': 'h.example/{id}' }, /--android-enroll/],
    [{ 'android-enroll': 'http://h.example/{id}', 'allow-http': '' }, /has no TLS/],
    [{ 'mqtt-port': '0' }, /--mqtt-port must be a whole number from 1 to 65535/],
  ])('refuses %j', async (given, why) => {
    const secure = 'allow-http' in given ? { server: 'https://mdm.example' } : {};
    await expect(open({ ...given, ...secure } as unknown as Record<string, string>)).rejects.toThrow(why);
  });

  it('gives them the port of push messages, and changes nothing else of the devices', async () => {
    expect(await open({ 'mqtt-port': '1883' })).toMatchObject({ mqttPort: 1883 });
    const ports = { clock: { now: () => 0 }, keys: {} } as unknown as Omit<Ports, 'random'>;
    const facts = async (native?: Readonly<Record<'android', DeviceFacts['native']>>) => {
      const crowd = new Population({
        seed: 'x',
        ...crowdOf({ ios: 1, android: 1 }),
        ports,
        ...(native === undefined ? {} : { native }),
      });
      return await Promise.all([0, 1].map((index) => crowd.turn(index, async (device) => device.state.facts)));
    };
    const [phone, plain] = await facts();
    expect(await facts({ android: { MqttPort: 1883 } })).toEqual([
      phone,
      { ...plain, native: { ...plain?.native, MqttPort: 1883 } },
    ]);
  });

  it('is not switched by a smoke run', () => {
    expect(smokePlan(['android'], 'other').steps.map(({ kind }) => kind)).toEqual(['enroll', 'check-in', 'leave']);
    expect(smokePlan(['android']).steps.map(({ kind }) => kind)).toContain('switch');
  });
});
