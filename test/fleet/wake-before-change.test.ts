// Devices are woken by whatever the authority tells them, a switch or not: which of their sessions a switch counts.
import { expect, it } from 'vitest';
import { type ManualClock, manualClock } from '../../base/clock.js';
import { silentLog } from '../../base/log.js';
import type { StepContext } from '../../fleet/engine/context.js';
import { Population } from '../../fleet/engine/population.js';
import { crowdOf } from '../../fleet/engine/selection.js';
import { runStep } from '../../fleet/engine/steps.js';
import { readFleetPlan } from '../../fleet/scenario/plan.js';
import type { Authority } from '../../protocol/vocabulary.js';
import { openPorts, openTarget } from './stub.js';

const plan = readFleetPlan(
  'name: t\ndevices: { ios: 1 }\nauthority: office365\nkeys: { pool: 1 }\nsteps: [{ enroll: {} }, { check-in: {} }, { switch: { to: intune } }]',
);

interface Scene {
  readonly clock: ManualClock;
  /** Delivers a notification to the device. */
  wake(): void;
  /** Resolves when so many sessions of the switch have ended. */
  sessions(count: number): Promise<void>;
  /** The authority changes; the push certificate is renewed when `before` has ended, and `during` begins then. */
  change(): void;
}

/**
 * The figures of a switch with one device of a real stub, and how many sessions it held. `before` is what happens while the
 * change is on its way, `during` what happens between the change and its confirmation.
 */
async function switched(
  before: (scene: Scene) => Promise<void>,
  during: (scene: Scene) => Promise<void>,
  managedBy?: (scene: Scene, signal: AbortSignal | undefined) => Promise<Map<string, Authority>>,
) {
  const { authority, target } = await openTarget();
  const { tenant } = authority;
  const { ports } = await openPorts(target);
  const population = new Population({ seed: 't', ...crowdOf(plan.devices), ports });
  const clock = manualClock();
  let ended = 0;
  let look = (): void => undefined;
  let deliver = (_index: number): void => undefined;
  const scene: Scene = {
    clock,
    wake: () => deliver(0),
    sessions: (count) =>
      new Promise((resolve) => {
        look = () => {
          if (ended >= count) resolve();
        };
        look();
      }),
    change() {
      if (tenant.authority !== 'intune') tenant.setAuthority('intune', 'test');
    },
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
      advanceClock: async () => {},
      setAuthority: () => before(scene),
      async renewPushCertificate() {
        scene.change();
        tenant.renewPushCertificate('test');
        await during(scene);
      },
      managedBy: async (signal) =>
        managedBy === undefined
          ? new Map(tenant.devices().map((each) => [each.deviceId, each.managedBy]))
          : await managedBy(scene, signal),
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
      ended++; // is told at the end of each session
      look();
    },
  };
  const [enroll, checkIn, change] = plan.steps;
  if (enroll === undefined || checkIn === undefined || change === undefined) throw new Error('three steps');
  await runStep(enroll, context);
  await runStep(checkIn, context);
  ended = 0;
  const { figures, problem } = await runStep(change, context);
  return { figures, problem, sessions: ended - 1 }; // the last word is the step's own
}

const nothing = async (): Promise<void> => undefined;

it('a session before the change does not stand for the one that the change asks for', async () => {
  const { figures, sessions } = await switched(
    (scene) => {
      scene.wake();
      return scene.sessions(1);
    },
    async ({ wake }) => wake(),
  );
  expect(figures).toMatchObject({ count: 1, failures: 0 });
  expect(sessions).toBe(2);
});

it('a device that moved before the change was confirmed need not be notified again', async () => {
  const { figures, sessions } = await switched(nothing, (scene) => {
    scene.wake();
    return scene.sessions(1);
  });
  expect(figures).toMatchObject({ count: 1, failures: 0 });
  expect(sessions).toBe(1);
});

it('a device that was notified twice before the change was confirmed moved in the first of its sessions', async () => {
  const { figures, sessions } = await switched(nothing, async (scene) => {
    scene.wake();
    await scene.sessions(1);
    await scene.clock.advance(1000);
    scene.wake();
    await scene.sessions(2);
  });
  expect(figures).toMatchObject({ count: 1, failures: 0 });
  expect(figures.response.max).toBeLessThan(1000);
  expect(sessions).toBe(2);
});

it('a session that the authority refused before the change was confirmed is held once more', async () => {
  const { figures, sessions } = await switched(
    (scene) => {
      scene.change(); // and no push certificate yet: 503
      scene.wake();
      return scene.sessions(1);
    },
    async ({ wake }) => wake(),
  );
  expect(figures).toMatchObject({ count: 1, failures: 0, errors: {} });
  expect(sessions).toBe(2);
});

it('a notification that comes while such a session is running is not lost', async () => {
  const { figures, sessions } = await switched(
    (scene) => {
      scene.wake();
      scene.wake();
      return scene.sessions(2);
    },
    async ({ wake }) => wake(),
  );
  expect(figures).toMatchObject({ count: 1, failures: 0 });
  expect(sessions).toBe(3);
});

it('sessions before a change that is refused are no sessions of the change', async () => {
  const { figures } = await switched(async (scene) => {
    scene.wake();
    await scene.sessions(1);
    throw new Error('refused');
  }, nothing);
  expect(figures).toMatchObject({ count: 0, failures: 0, notStarted: 1 });
});

it('a device that only had a session before the change, and is not notified, has not moved', async () => {
  const { figures } = await switched(
    async (scene) => {
      scene.wake();
      await scene.sessions(1);
    },
    async ({ clock }) => {
      setImmediate(() => void clock.advance(30_000));
    },
  );
  expect(figures).toMatchObject({ count: 1, failures: 1, errors: { MOVE_MISSED: 1 } });
});

it('a device that only had a session before the change is waited for until its notification comes', async () => {
  const { figures, sessions } = await switched(
    (scene) => {
      scene.wake();
      return scene.sessions(1);
    },
    async ({ wake }) => {
      setImmediate(wake); // after the confirmation
    },
  );
  expect(figures).toMatchObject({ count: 1, failures: 0 });
  expect(sessions).toBe(2);
});

it('an authority that never comes to an end with its devices holds the step up no longer than its time, and is named', async () => {
  let asked = 0;
  const { problem } = await switched(
    nothing,
    (scene) => {
      scene.wake();
      return scene.sessions(1);
    },
    async ({ clock }, signal) => {
      asked++;
      const stopped = new Promise<never>((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
      void clock.advance(10 * 60_000); // more than the step gives, and than anybody waits for the list
      return await stopped;
    },
  );
  expect(problem).toMatchObject({
    code: 'ADMIN_REFUSED',
    message: expect.stringContaining('did not list its devices'),
  });
  expect(asked).toBe(2);
});
