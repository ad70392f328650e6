import { expect, it } from 'vitest';
import { deviceWith, enrolls, wireLosing } from '../support/admission.js';
import { alice, failedEnrollments, managedDevices, ruleTenant } from '../support/rules.js';
import { minuteMs, openStage, type Stage } from '../support/stage.js';

const iso = (at: number) => new Date(at).toISOString();

/** Code, category, start and event of each record, the oldest first. */
async function told(stage: Stage) {
  const events = await failedEnrollments(stage);
  return events.reverse().map(({ failureCategory: category, eventDateTime: at, rollcall }) => {
    const { code, startDateTime: start } = rollcall as Record<string, unknown>;
    return { code, category, start: Date.parse(String(start)), at: Date.parse(String(at)) };
  });
}

it('E01 ios: who takes longer than the time between profile and last step has abandoned it, and what was given out is worth nothing', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  const start = stage.clock.now();
  expect((await stage.get(stage.invitation(alice).url)).status).toBe(200); // and no more of it
  const slow = wireLosing({ Authenticate: 'whole' });
  await expect((await stage.device(1, { wire: slow.through })).enroll(stage.invitation(alice))).rejects.toThrow();
  const half = wireLosing({ TokenUpdate: 'whole', CheckOut: 'whole' });
  await expect((await stage.device(2, { wire: half.through })).enroll(stage.invitation(alice))).rejects.toThrow();
  expect(await managedDevices(stage)).toEqual([]); // one is pending
  await stage.clock.advance(29 * minuteMs);
  expect(await told(stage)).toEqual([]);
  await stage.clock.advance(2 * minuteMs);
  const records = await told(stage);
  expect(records).toHaveLength(3);
  for (const { start: began, at, ...record } of records) {
    expect(record).toEqual({ code: 'E01', category: 'userAbandonment' });
    expect([iso(at), began >= start]).toEqual([iso(began + 30 * minuteMs), true]);
  }
  const [authenticate, tokenUpdate] = [
    slow.sent.at(-1),
    half.sent.find(({ operation }) => operation === 'TokenUpdate'),
  ];
  if (authenticate === undefined || tokenUpdate === undefined) throw new Error('they were not sent');
  const late = await stage.send(authenticate);
  expect([late.status, JSON.parse(late.body.toString('utf8'))]).toMatchObject([403, { code: 'E01' }]);
  expect((await stage.send(tokenUpdate)).status).toBe(403);
  expect(await managedDevices(stage)).toEqual([]);
  expect(await told(stage)).toHaveLength(3); // what comes too late is no other attempt
  await enrolls(stage, await deviceWith(stage, 2));
});

it('E01 ios: a device that gave an error, or dropped its connection, and did not come back has disconnected', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  const leaving = wireLosing({ TokenUpdate: 'whole' }); // it takes its profile back, and says CheckOut
  await expect((await stage.device(1, { wire: leaving.through })).enroll(stage.invitation(alice))).rejects.toThrow();
  const dropping = wireLosing({ Authenticate: 'half' });
  await expect((await stage.device(2, { wire: dropping.through })).enroll(stage.invitation(alice))).rejects.toThrow();
  await stage.clock.advance(31 * minuteMs);
  expect((await told(stage)).map(({ code, category }) => [code, category])).toEqual([
    ['E01', 'clientDisconnected'],
    ['E01', 'clientDisconnected'],
  ]);
});
