// A device that has moved to another stub by newServerUrl, and a push of the one that it left: over real brokers and connections.
import { expect, it, onTestFinished } from 'vitest';
import { createDevice, createPorts, type DeviceEvent, enrollAddress, seededRandom } from '../../../agent/index.js';
import { silentLog } from '../../../base/log.js';
import type { AndroidOptions } from '../../../server-stub/android/context.js';
import { openMosquitto, type TestBroker } from '../../support/brokers.js';
import { eventually } from '../../support/eventually.js';
import { deviceKeys } from '../../support/keys.js';
import { describeWith } from '../../support/programs.js';
import { emptyTenant, openStub, user1 } from '../ios/stub.js';

/** A device that waits for pushes at the first of two stubs. `native`: of its facts. */
async function waiting(
  [first, second]: readonly [AndroidOptions, AndroidOptions],
  native: Readonly<Record<string, string | number>>,
  broker: Pick<TestBroker, 'subscribed'>,
) {
  const old = await openStub({ tls: false, tenant: emptyTenant(), android: first });
  const target = await openStub({
    tls: false,
    tenant: emptyTenant(),
    clock: old.clock,
    android: { ...second, createOnDemand: true },
  });
  const made = await createPorts({ clock: old.clock, log: silentLog, keys: deviceKeys(1) });
  onTestFinished(() => made.close());
  const urls: string[] = [];
  const http: typeof made.ports.http = {
    open(options) {
      const session = made.ports.http.open(options);
      return {
        async request(request) {
          const answer = await session.request(request);
          urls.push(`${request.method} ${request.url}`);
          return answer;
        },
        close: () => session.close(),
      };
    },
  };
  const ports = { ...made.ports, http, random: seededRandom('moved', 0) };
  const events: DeviceEvent[] = [];
  const device = createDevice({ platform: 'android', ports, facts: { native } });
  device.onEvent((event) => void events.push(event));
  await device.enroll({
    authority: 'old',
    url: enrollAddress('android', old.authority.url, user1),
    user: user1,
    secret: '',
  });
  const life = new AbortController();
  const running = device.run(life.signal);
  onTestFinished(async () => {
    life.abort();
    await running;
    await device.close();
  });
  const [{ deviceId } = { deviceId: '' }] = old.authority.tenant.devices();
  const at = (url: string) => urls.filter((each) => each.includes(new URL(url).host));
  const infos = (url: string) =>
    at(url).filter((each) => each.startsWith('POST') && each.endsWith('/sync/info')).length;
  await eventually(() => broker.subscribed.has(deviceId));
  old.authority.android.configure({ newServerUrl: target.authority.url });
  await eventually(() => infos(target.authority.url) > 0);
  return { old: old.authority, target: target.authority, device, deviceId, events, at, infos };
}

type Moved = Awaited<ReturnType<typeof waiting>>;

/** The old server sends a message and says that its configuration has changed; both have been acted upon when it returns. */
async function stalePush({ old, target, deviceId, events, infos }: Moved): Promise<void> {
  const before = infos(target.url);
  old.android.push(deviceId, { messageType: 'broadcast', payload: '{"action":"stale"}' });
  await eventually(() => events.some((event) => event.type === 'command' && event.name === 'broadcast'));
  old.android.push(deviceId, { messageType: 'configUpdated' });
  await eventually(() => infos(target.url) > before);
}

describeWith('mosquitto')('a push of the server that a device has left', () => {
  it('reaches it at a broker that both have, and leads to the new server alone', async () => {
    const broker = await openMosquitto();
    onTestFinished(() => broker.close());
    const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
    const moved = await waiting([{ mqttUrl }, { mqttUrl }], { MqttPort: broker.port }, broker);
    const heard = moved.at(moved.old.url).length;
    await stalePush(moved);
    expect(moved.at(moved.old.url)).toHaveLength(heard);
    expect(moved.device.state.link?.data).toMatchObject({ baseUrl: moved.target.url });
    expect(moved.target.tenant.devices()).toHaveLength(1);
  });

  it('reaches launcher 6.36, which goes on listening to the old broker, and leads to the new server alone', async () => {
    const broker = await openMosquitto();
    onTestFinished(() => broker.close());
    const mqttUrl = `mqtt://127.0.0.1:${broker.port}`;
    const native = { Launcher: 'launcher', MqttPort: broker.port };
    const moved = await waiting([{ mqttUrl }, {}], native, broker);
    const heard = moved.at(moved.old.url).length;
    await stalePush(moved);
    expect(moved.at(moved.old.url)).toHaveLength(heard);
    expect(moved.device.state.link?.data).toMatchObject({ push: { baseUrl: moved.old.url } });
  });
});
