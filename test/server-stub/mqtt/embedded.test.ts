import { describe, expect, it } from 'vitest';
import { openBrokerStage, until } from './stage.js';

describe('our own broker', () => {
  it('delivers a push to the device that it is for', async () => {
    const { broker, device } = await openBrokerStage();
    const one = await device('h0001');
    const other = await device('h0002');
    broker.publish('h0001', '{messageType: "configUpdated"}');
    await until(() => one.received.length > 0);
    expect(one.received).toEqual(['{messageType: "configUpdated"}']);
    expect(other.received).toEqual([]);
    await until(() => broker.figures().confirmed === 1);
  });

  it('keeps pushes for a device that is away, and delivers them in order when it comes back', async () => {
    const { broker, device } = await openBrokerStage();
    const before = await device('h0001');
    await before.leave();
    await until(() => broker.figures().connections === 0);
    broker.publish('h0001', '{messageType: "reboot"}');
    broker.publish('h0001', '{messageType: "configUpdated"}');
    expect(broker.figures()).toMatchObject({ kept: 2, waiting: 0, sessions: 1 });
    const after = await device('h0001');
    expect(after.sessionPresent).toBe(true);
    await until(() => after.received.length === 2);
    expect(after.received).toEqual(['{messageType: "reboot"}', '{messageType: "configUpdated"}']);
    await until(() => broker.figures().confirmed === 2);
    expect(broker.figures()).toMatchObject({ kept: 0, waiting: 0, unconfirmed: 0, sent: 2, repeated: 0 });
  });
});
