import { expect, it, onTestFinished } from 'vitest';
import { manualClock, realClock } from '../../../base/clock.js';
import { createLog } from '../../../base/log.js';
import { openExternalBroker } from '../../../server-stub/mqtt/index.js';
import { FanOut } from '../../../server-stub/push/fan-out.js';
import { PushService } from '../../../server-stub/push/service.js';
import { authority, serverCertificate } from '../../support/server-certificates.js';
import { device, openBrokerStage, until } from './stage.js';

function servedCertificate() {
  const root = authority();
  const { pem, key } = serverCertificate(root);
  return { caPem: root.pem, tls: { certificate: pem, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() } };
}

it('our broker speaks TLS, and is published through by TLS', async () => {
  const { caPem, tls } = servedCertificate();
  const { broker: outside } = await openBrokerStage({ tls, name: 'localhost' });
  expect(outside.url).toBe(`mqtts://localhost:${outside.port}`);
  const one = device(outside.url, 'h0001', { ca: caPem, rejectUnauthorized: true });
  await one.ready;
  const log = createLog({ level: 'silent' });
  const broker = await openExternalBroker({ mqttUrl: outside.url, caPem, clock: realClock, log });
  onTestFinished(() => broker.close());
  broker.publish('h0001', '{messageType: "reboot"}');
  await until(() => one.received.length === 1);
});

it('a broker whose certificate is of nobody known is not told our password', async () => {
  const { tls } = servedCertificate();
  const { broker: outside } = await openBrokerStage({ tls, name: 'localhost' });
  const lines: string[] = [];
  const log = createLog({ destination: { write: (line) => void lines.push(line) } });
  const broker = await openExternalBroker({ mqttUrl: outside.url, clock: realClock, networkClock: manualClock(), log });
  onTestFinished(() => broker.close());
  await until(() => lines.length > 0);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'BROKER_UNREACHABLE', level: 40 });
  expect(broker.figures().connections).toBe(0);
});

it('pushes by MQTT keep to the stub’s rate, and are counted with the others', async () => {
  const networkClock = manualClock();
  const fanOut = new FanOut({ clock: networkClock, ratePerSecond: 20 });
  onTestFinished(() => fanOut.close());
  const { broker, clock, device: newDevice } = await openBrokerStage({ fanOut, networkClock });
  const push = new PushService({ clock });
  const leave = push.join(() => broker.figures());
  const devices = await Promise.all(Array.from({ length: 10 }, (_, n) => newDevice(`h${n}`)));
  for (let n = 0; n < 10; n++) broker.publish(`h${n}`, '{messageType: "reboot"}');
  await until(() => push.progress.confirmed === 1);
  expect(push.progress).toMatchObject({ pushed: 10, sent: 1, waiting: 9, tokens: 10 });
  expect(push.joinedConnections).toBe(10);
  await networkClock.advance(450);
  await until(() => push.progress.confirmed === 10);
  expect(devices.every(({ received }) => received.length === 1)).toBe(true);
  leave();
  expect(push.progress).toMatchObject({ pushed: 0, tokens: 0 });
});
