import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../protocol/vocabulary.js';
import { CommandQueue, type Entry } from '../../../server-stub/core/queue.js';
import { assigned, open, wifi } from './support.js';

const outcome = (kind: 'done' | 'failed' | 'later'): Outcome =>
  kind === 'done' ? { status: 'done' } : { status: kind, reason: 'r' };

const entry = (number: number): Entry => ({
  id: String(number),
  command: { kind: 'rename', deviceName: String(number) },
  queuedAt: number,
  by: 'administrator',
  status: 'waiting',
  wasSent: false,
});

type Step = 'add' | 'session' | 'next' | 'done' | 'failed' | 'later' | 'stray';
const steps = fc.array(
  fc.constantFrom<Step>('add', 'add', 'session', 'next', 'next', 'done', 'done', 'failed', 'later', 'stray'),
  { maxLength: 120 },
);

/** Runs the steps; `sent` is what went out in each session, in order. */
function run(all: readonly Step[]) {
  const queue = new CommandQueue();
  const sessions: number[][] = [[]];
  const finished: number[] = [];
  let added = 0;
  for (const step of all) {
    const asked = queue.open.find(({ status }) => status === 'sent');
    if (step === 'add') queue.add(entry(added++));
    else if (step === 'session') {
      queue.beginSession();
      sessions.push([]);
    } else if (step === 'next') {
      const next = queue.next();
      if (next !== undefined) sessions.at(-1)?.push(Number(next.id));
    } else if (step === 'stray') queue.answer('never', outcome('done'), 0);
    else if (asked !== undefined && queue.answer(asked.id, outcome(step), 0) !== undefined && step !== 'later') {
      finished.push(Number(asked.id));
    }
  }
  return { queue, sessions, finished, added };
}

describe("laws of a device's queue", () => {
  test('within a session commands go out in the order of queueing, each once', () => {
    fc.assert(
      fc.property(steps, (all) => {
        for (const sent of run(all).sessions) {
          expect(sent).toEqual([...new Set(sent)].sort((a, b) => a - b));
        }
      }),
    );
  });

  test('nothing is lost and nothing is finished twice: every command is open or answered', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { queue, finished, added } = run(all);
        expect(new Set(finished).size).toBe(finished.length);
        const open = queue.open.map(({ id }) => Number(id));
        expect([...open, ...finished].sort((a, b) => a - b)).toEqual(
          Array.from({ length: added }, (_, index) => index),
        );
        expect(open).toEqual([...open].sort((a, b) => a - b));
      }),
    );
  });

  test('a new session that answers everything empties it, in the order of queueing', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { queue } = run(all);
        const expected = queue.open.map(({ id }) => id);
        queue.beginSession();
        const sent: string[] = [];
        for (let next = queue.next(); next !== undefined; next = queue.next()) {
          sent.push(next.id);
          queue.answer(next.id, outcome('done'), 0);
        }
        expect(sent).toEqual(expected);
        expect(queue.size).toBe(0);
        expect(queue.answered.length).toBeLessThanOrEqual(32);
      }),
    );
  });
});

describe('laws of a device under any history', () => {
  const names = ['a', 'b', 'c'] as const;
  const happening = fc.oneof(
    fc.record({
      do: fc.constant('assign' as const),
      name: fc.constantFrom(...names),
      words: fc.constantFrom('one', 'two'),
      to: fc.constantFrom('intune' as const, 'office365' as const),
    }),
    fc.record({
      do: fc.constant('remove' as const),
      name: fc.constantFrom(...names),
      to: fc.constantFrom('intune' as const, 'office365' as const),
    }),
    fc.record({ do: fc.constant('switch' as const) }),
    fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 0, max: 9 }) }),
    fc.record({
      do: fc.constant('session' as const),
      cutAfter: fc.integer({ min: 0, max: 6 }),
      answers: fc.array(fc.constantFrom('done' as const, 'later' as const), { minLength: 7, maxLength: 7 }),
    }),
  );

  test('once it answers everything it holds what is assigned, nothing of that is stale, and the next session is empty', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 25 }), async (history) => {
        const { tenant, clock, enroll, session } = open({ profiles: [] });
        enroll('d');
        // The device itself: what it was told to install and to remove, whether or not its answer arrived.
        const real = new Map<string, string>();
        const obey = (command: NonNullable<ReturnType<typeof tenant.next>>['command']) => {
          if (command.kind === 'install-profile' && command.profile.kind === 'wifi')
            real.set(command.profile.name, command.profile.passphrase ?? '');
          if (command.kind === 'remove-profile') real.delete(command.name);
        };
        for (const event of history) {
          if (event.do === 'assign')
            tenant.putProfile(assigned(event.to, wifi(event.name, `${event.to} ${event.words}`)));
          else if (event.do === 'remove') tenant.removeProfile(`${event.to}/${event.name}`);
          else if (event.do === 'switch')
            tenant.setAuthority(tenant.authority === 'intune' ? 'office365' : 'intune', 'admin');
          else if (event.do === 'wait') await clock.advance(event.days * 24 * 3_600_000);
          else {
            tenant.openSession('d');
            for (const [index, answer] of event.answers.entries()) {
              const next = tenant.next('d');
              if (next === undefined) break;
              if (answer === 'done') obey(next.command);
              if (index >= event.cutAfter) break; // obeyed, but the answer never arrives
              tenant.report('d', next.id, outcome(answer));
            }
          }
        }
        session('d', (command) => {
          obey(command);
          return { status: 'done' };
        });
        expect(session('d')).toEqual([]);
        const device = tenant.device('d');
        const wanted = tenant.profiles().filter(({ authority }) => authority === tenant.authority);
        for (const { profile } of wanted) {
          expect(device?.held).toContainEqual(
            expect.objectContaining({ name: profile.name, authority: tenant.authority, stale: false }),
          );
          expect(real.get(profile.name)).toBe(profile.kind === 'wifi' ? profile.passphrase : '');
        }
        for (const held of device?.held ?? []) {
          expect(held.stale).toBe(held.authority !== tenant.authority);
          expect(real.has(held.name)).toBe(true);
        }
        expect(device?.held.map(({ name }) => name).sort()).toEqual([...real.keys()].sort());
      }),
      { numRuns: 400 },
    );
  });
});
