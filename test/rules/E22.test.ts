import { expect, it } from 'vitest';
import { deviceWith, enrolls, onEachPlatform, refused, stoppedAtDevice } from '../support/admission.js';
import { failedEnrollments, ruleTenant } from '../support/rules.js';
import { dayMs, openStage } from '../support/stage.js';

it('E22: an attempt that never reaches the service is not in its list, but told and logged at the device; each resource of one that does opens', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(stage, async (on, { unsupported }) => {
    const device = await deviceWith(on, 1);
    const told: unknown[] = [];
    device.onEvent((event) => void (event.type === 'failed' && told.push(event)));
    await device.setNetwork('none');
    await stoppedAtDevice(on, device, { code: 'TRANSPORT_LOST', hint: expect.stringContaining('Wi-Fi or cellular') });
    expect(told).toMatchObject([{ during: 'enroll', error: { details: { check: 'network' } } }]);
    const { id } = device.state.facts;
    expect(on.log.lines).toContainEqual(
      expect.objectContaining({
        event: 'TRANSPORT_LOST',
        values: expect.objectContaining({ device: id, during: 'enroll' }),
      }),
    );
    await device.setNetwork('wifi');
    const late = await on.device(1, { skewMs: 730 * dayMs }); // B6.test.ts has the cure
    await stoppedAtDevice(on, late, { code: 'TLS_EXPIRED', details: { check: 'dateAndTime' } });
    expect(on.log.lines.filter(({ event }) => event === 'TLS_EXPIRED').at(-1)?.values).toMatchObject({ device: id });
    await enrolls(on, device);
    await refused(on, await deviceWith(on, 2, { osVersion: unsupported }), 'E06');
    const [{ rollcall } = {}] = await failedEnrollments(on);
    const { resources } = rollcall as { resources: string[] };
    for (const resource of resources) {
      const { pathname, search } = new URL(resource);
      expect(await on.admin('GET', pathname + search)).toMatchObject({ status: 200 });
    }
  });
});
