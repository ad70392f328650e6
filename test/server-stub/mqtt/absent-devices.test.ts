import { expect, it, onTestFinished } from 'vitest';
import { realClock } from '../../../base/clock.js';
import { createLog } from '../../../base/log.js';
import { defaultMaxConnections } from '../../../server-stub/descriptors.js';
import { openExternalBroker } from '../../../server-stub/mqtt/index.js';
import { openMosquitto } from '../../support/brokers.js';
import { describeIf, has, needing } from '../../support/outside.js';
import { deliversTwoPushesToEach } from './backlog-law.js';
import { openBrokerStage } from './stage.js';

/** Two for each device at our own broker. Node has raised the limit to the hard one at its start. */
const withDescriptors = needing(defaultMaxConnections() >= 2_100, '2,164 descriptors (ulimit -Hn)');

it('fifty devices that were away handle both of their pushes, once', async () => {
  const { broker } = await openBrokerStage();
  await deliversTwoPushesToEach(50, broker, broker.port ?? 0);
  expect(broker.figures()).toMatchObject({ pushed: 100, sent: 100, repeated: 0, confirmed: 100, kept: 0 });
});

it('so do a thousand', withDescriptors, async () => {
  const { broker } = await openBrokerStage({ maxConnections: 2500 });
  await deliversTwoPushesToEach(1000, broker, broker.port ?? 0);
  expect(broker.figures()).toMatchObject({ pushed: 2000, sent: 2000, repeated: 0, confirmed: 2000, kept: 0 });
});

describeIf(has('mosquitto'), 'mosquitto')('with mosquitto as the broker', () => {
  it('three hundred devices that were away handle both of their pushes, once', withDescriptors, async () => {
    const outside = await openMosquitto();
    onTestFinished(() => outside.close());
    const broker = await openExternalBroker({
      mqttUrl: `mqtt://127.0.0.1:${outside.port}`,
      clock: realClock,
      log: createLog({ level: 'silent' }),
    });
    onTestFinished(() => broker.close());
    await deliversTwoPushesToEach(300, broker, outside.port);
  });
});
