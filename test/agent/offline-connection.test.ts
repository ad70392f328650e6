import { it, onTestFinished } from 'vitest';
import { createDevice, createPorts, startAuthority } from '../../index.js';
import { eventually } from '../support/eventually.js';
import { authorityKeys, deviceKeys } from '../support/keys.js';

it("a device's own connection ends while it has no network, and what was asked meanwhile reaches it afterwards", async () => {
  const authority = await startAuthority({ newRsaKey: authorityKeys() });
  onTestFinished(() => authority.close());
  const { ports, close } = await createPorts({
    ca: authority.caPem,
    pushUrl: authority.pushUrl,
    push: { shared: false },
    keys: deviceKeys(1),
  });
  onTestFinished(() => close());
  const device = createDevice({ platform: 'ios', ports });
  onTestFinished(() => device.close());
  await device.enroll({ authority: 'stub', url: `${authority.url}/enroll/ios?user=user1@contoso.example` });
  await device.checkIn();
  await eventually(() => authority.counters.pushSockets === 1);

  await device.setOnline(false);
  await eventually(() => authority.counters.pushSockets === 0);
  authority.tenant.queue(device.state.facts.id, { kind: 'rename', deviceName: 'Renamed' });
  await device.setOnline(true);
  await eventually(() => authority.counters.pushSockets === 1);

  const stop = new AbortController();
  const ended = device.run(stop.signal);
  await eventually(() => device.state.condition.deviceName === 'Renamed');
  authority.tenant.queue(device.state.facts.id, { kind: 'shut-down' });
  await eventually(() => !device.state.condition.powered && authority.counters.pushSockets === 0);
  stop.abort();
  await ended;
});
