import { expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { silentLog } from '../../base/log.js';
import type { StepContext } from '../../fleet/engine/context.js';
import { Population } from '../../fleet/engine/population.js';
import { runStep } from '../../fleet/engine/steps.js';
import { readFleetPlan } from '../../fleet/scenario/plan.js';
import { openPorts, openTarget } from './stub.js';

const plan = readFleetPlan(
  'name: t\ndevices: { ios: 1 }\nauthority: office365\nkeys: { pool: 1 }\nsteps: [{ enroll: {} }, { check-in: {} }, { switch: { to: intune } }]',
);

/** Lets the device hold a session because of a notification, and waits for its end. */
type Wake = () => { readonly ended: Promise<void> };

/**
 * The figures of a switch with one device of a real stub, and how many sessions it held. `before` is what happens while the
 * change is on its way, `during` what happens between the change and its confirmation.
 */
async function switched(before: (wake: Wake) => Promise<void>, during: (wake: Wake) => Promise<void>) {
  const { authority, target } = await openTarget();
  const { tenant } = authority;
  const { ports } = await openPorts(target);
  const population = new Population({ seed: 't', devices: plan.devices, ports });
  const clock = manualClock();
  let sessions = 0;
  let ended = (): void => undefined;
  let deliver = (_index: number): void => undefined;
  const wake: Wake = () => {
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    deliver(0);
    return { ended: end };
  };
  const context: StepContext = {
    plan,
    population,
    clock,
    elapsed: clock.now,
    signal: new AbortController().signal,
    log: silentLog,
    admin: {
      authority: async () => tenant.authority,
      setAuthority: () => before(wake),
      async renewPushCertificate() {
        tenant.setAuthority('intune', 'test');
        tenant.renewPushCertificate('test');
        await during(wake);
      },
      managedBy: async () => new Map(tenant.devices().map((each) => [each.deviceId, each.managedBy])),
    },
    onWake(listener) {
      deliver = listener;
      return () => {
        deliver = () => undefined;
      };
    },
    invitation() {
      const user = target.userOf(0);
      return { authority: target.url, url: `${target.url}/enroll/ios?user=${user}`, user };
    },
    progress() {
      sessions++; // is told at the end of each session
      ended();
    },
  };
  const [enroll, checkIn, change] = plan.steps;
  if (enroll === undefined || checkIn === undefined || change === undefined) throw new Error('three steps');
  await runStep(enroll, context);
  await runStep(checkIn, context);
  sessions = 0;
  const { figures } = await runStep(change, context);
  return { figures, sessions: sessions - 1 }; // the last word is the step's own
}

it('a session before the change, in which nothing came, does not stand for the one that the change asks for', async () => {
  const { figures, sessions } = await switched(
    (wake) => wake().ended,
    async (wake) => void wake(),
  );
  expect(figures).toMatchObject({ count: 1, failures: 0 });
  expect(sessions).toBe(2);
});

it('a session in which the device moved stands, though another notification comes before the change is confirmed', async () => {
  const { figures, sessions } = await switched(
    async () => undefined,
    async (wake) => {
      await wake().ended;
      wake();
    },
  );
  expect(figures).toMatchObject({ count: 1, failures: 0 });
  expect(sessions).toBe(1);
});
