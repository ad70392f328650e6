import { expect, it } from 'vitest';
import { deviceWith, onEachPlatform, refused, restrict, wireLosing } from '../support/admission.js';
import { alice, failedEnrollments, ruleTenant } from '../support/rules.js';
import { minuteMs, openStage } from '../support/stage.js';

const timesOf = ({ eventDateTime, rollcall }: Record<string, unknown>) => ({
  start: Date.parse(String((rollcall as Record<string, unknown>)['startDateTime'])),
  event: Date.parse(String(eventDateTime)),
});

it('E23: a record has the start of the attempt beside the time of the event, for E01 the moment at which the time was over', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(stage, async (on, { unsupported }) => {
    const before = on.clock.now();
    const { start, event } = timesOf(await refused(on, await deviceWith(on, 1, { osVersion: unsupported }), 'E06'));
    expect([start >= before, start <= event, event <= on.clock.now()]).toEqual([true, true, true]);
  });

  // iOS: between the steps of an attempt time passes.
  const wire = wireLosing({ Authenticate: 'whole' });
  const began = stage.clock.now();
  await expect((await stage.device(2, { wire: wire.through })).enroll(stage.invitation(alice))).rejects.toThrow();
  await stage.clock.advance(5 * minuteMs);
  await restrict(stage, { iosRestriction: { platformBlocked: true } });
  const authenticate = wire.sent.at(-1);
  if (authenticate === undefined) throw new Error('nothing was sent');
  expect((await stage.send(authenticate)).status).toBe(403);
  const [refusal = {}, ...others] = await failedEnrollments(stage);
  expect(refusal).toMatchObject({ rollcall: { code: 'E11' } });
  expect(timesOf(refusal).start - began).toBeLessThan(minuteMs);
  expect(timesOf(refusal).event - timesOf(refusal).start).toBeGreaterThanOrEqual(5 * minuteMs);
  expect((await stage.send(authenticate)).status).toBe(403); // its certificate is worth nothing
  await restrict(stage, { iosRestriction: { platformBlocked: false } });
  expect((await stage.get(stage.invitation(alice).url)).status).toBe(200);
  await stage.clock.advance(40 * minuteMs);
  const [abandoned = {}, ...before] = await failedEnrollments(stage);
  expect(before).toHaveLength(others.length + 1); // what was refused is not abandoned, too
  const { start, event } = timesOf(abandoned);
  expect([abandoned, event - start]).toMatchObject([{ rollcall: { code: 'E01' } }, 30 * minuteMs]);
});
