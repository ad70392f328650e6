import { expect, it } from 'vitest';
import { StopRequest } from '../../../base/abort.js';
import { manualClock, settle } from '../../../base/clock.js';
import { coordinate } from '../../../fleet/coordinator/coordinate.js';
import type { EngineLink } from '../../../fleet/coordinator/link.js';
import type { FromEngine, ShardJob, ToEngine } from '../../../fleet/engine/messages.js';
import { fleetError } from '../../../fleet/errors.js';
import type { LogEvent } from '../../../fleet/log/events.js';
import { readScenario } from '../../../fleet/scenario/read.js';

type Answer = (message: ToEngine, say: (message: FromEngine) => void) => void;

/** Answers as an engine does that has nothing to do. */
const dutiful: Answer = (message, say) => {
  if (message.type === 'job') say({ type: 'ready', devices: 1, keys: 1, enrolled: 0 });
  if (message.type === 'ping') say({ type: 'pong' });
  if (message.type === 'begin') say({ type: 'phase-done', phase: message.phase });
  if (message.type === 'finish' || message.type === 'stop') say({ type: 'result', result: resultOf('completed') });
};
const resultOf = (outcome: 'completed' | 'cancelled') => ({
  v: 1 as const,
  runId: 'r',
  shard: 0,
  outcome,
  devices: { planned: 1, started: 1, enrolled: 1, failed: 0, switched: 0 },
  startSkewMs: 0,
  worker: { pid: 1, host: 'h', cores: 1, tool: '' },
  keys: 1,
});

/** An engine that is made of answers. */
function fake(answer: Answer) {
  let say: (message: FromEngine) => void = () => undefined;
  let die: (why: string) => void = () => undefined;
  const got: ToEngine[] = [];
  const state = { isKilled: false };
  const link: EngineLink = {
    ended: new Promise((resolve) => {
      die = resolve;
    }),
    post(message) {
      got.push(message);
      queueMicrotask(() => answer(message, say));
    },
    listen(listener) {
      say = listener;
    },
    close: () => undefined,
    kill() {
      state.isKilled = true;
      die('its process was ended by SIGKILL');
    },
  };
  return { link, got, state, die: (why: string) => die(why), types: () => got.map(({ type }) => type) };
}

function lead(
  engines: readonly { link: EngineLink }[],
  {
    phases = '[{ enroll: {} }, { leave: {} }]',
    ...options
  }: { signal?: AbortSignal; lost?: AbortSignal; phases?: string } = {},
) {
  const clock = manualClock(1_000_000);
  const events: LogEvent[] = [];
  const plan = readScenario(`name: t\nversion: 1\ndevices: { ios: 2 }\nphases: ${phases}`);
  const ended = coordinate({
    plan,
    links: engines.map(({ link }) => link),
    jobOf: () => ({ stop: { gracefulMs: 5000 } }) as ShardJob,
    clock,
    elapsed: clock.now,
    hasClock: false,
    chosen: () => () => [],
    signal: new AbortController().signal,
    log: (event) => events.push(event),
    readyWithinMs: 60_000,
    ...options,
  });
  return { clock, events, ended };
}

it('leads all engines through all phases together, and ends when each has said its result', async () => {
  const engines = [fake(dutiful), fake(dutiful)];
  const { ended, events } = lead(engines);
  expect(await ended).toMatchObject({ ending: 'completed', keys: 2 });
  for (const { types, state } of engines) {
    expect(types().filter((type) => type !== 'ping')).toEqual(['job', 'begin', 'begin', 'finish']);
    expect(state.isKilled).toBe(false);
  }
  expect(events.filter(({ type }) => type === 'phase')).toHaveLength(4);
});

it('begins at once where engines are within the process, unless devices are to be away when it begins', async () => {
  const begins = async (areLocal: boolean, phase: string) => {
    const engine = fake((message, say) => message.type !== 'begin' && dutiful(message, say));
    const link = areLocal ? { ...engine.link, isLocal: true as const } : engine.link;
    const stop = new AbortController();
    const { clock, ended } = lead([{ link }], { phases: `[${phase}]`, signal: stop.signal });
    await settle();
    await settle();
    stop.abort(new StopRequest('SIGINT'));
    await ended;
    return engine.got.flatMap((message) => (message.type === 'begin' ? [message.wallAt - clock.now()] : []));
  };
  expect(await begins(false, '{ enroll: {} }')).toEqual([300]);
  expect(await begins(true, '{ enroll: {} }')).toEqual([20]);
  expect(await begins(true, '{ switch: { to: intune, offline: 50% } }')).toEqual([300]);
});

it('goes on without an engine that was killed, and is incomplete', async () => {
  const late: { say?: () => void } = {};
  const slow = fake((message, say) => {
    if (message.type !== 'begin' || message.phase > 0) dutiful(message, say);
    else late.say = () => say({ type: 'phase-done', phase: 0 });
  });
  const killed = fake((message, say) => message.type !== 'begin' && dutiful(message, say));
  const { ended, events } = lead([slow, killed]);
  await settle();
  killed.die('its process was ended by SIGKILL');
  await settle();
  late.say?.();
  expect(await ended).toMatchObject({
    ending: 'incomplete',
    problem: {
      code: 'ENGINE_LOST',
      message: expect.stringContaining('engine 2 of 2 was lost: its process was ended by SIGKILL'),
    },
  });
  expect(events.filter(({ type }) => type === 'lost')).toEqual([
    { type: 'lost', atMs: expect.any(Number), shard: 1, why: 'its process was ended by SIGKILL' },
  ]);
  expect(slow.types().filter((type) => type !== 'ping')).toEqual(['job', 'begin', 'begin', 'finish']);
});

it('is incomplete where an engine stopped that nobody had asked to', async () => {
  const stopped = fake((message, say) =>
    message.type === 'begin' ? say({ type: 'result', result: resultOf('cancelled') }) : dutiful(message, say),
  );
  const { ended, events } = lead([stopped, fake(dutiful)]);
  expect(await ended).toMatchObject({ ending: 'incomplete', problem: { code: 'ENGINE_LOST' } });
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'lost', shard: 0, why: expect.stringMatching(/^it stopped by itself/) }),
  );
});

it('kills an engine that does not answer its heartbeat any more, and waits no longer for it', async () => {
  const halted = fake((message, say) => message.type === 'job' && dutiful(message, say));
  const { ended, clock, events } = lead([halted, fake(dutiful)]);
  for (let beat = 0; beat < 14; beat++) await clock.advance(1000);
  expect(halted.state.isKilled).toBe(false);
  for (let beat = 0; beat < 3; beat++) await clock.advance(1000);
  expect(await ended).toMatchObject({ ending: 'incomplete' });
  expect(halted.state.isKilled).toBe(true);
  expect(events).toContainEqual(expect.objectContaining({ type: 'lost', why: 'it has not answered for 15 s' }));
});

it('has not started where an engine ends, is not ready, or says nothing before the barrier', async () => {
  const dying = fake(() => undefined);
  const first = lead([dying, fake(dutiful)]);
  await settle();
  dying.die('its process ended with exit code 1');
  await first.clock.advance(5000);
  expect(await first.ended).toMatchObject({ ending: 'not-started', problem: { code: 'RUN_NOT_STARTED' } });

  const error = { code: 'STATE_LOCKED', message: 'another run has it' };
  const second = lead([fake((message, say) => message.type === 'job' && say({ type: 'not-ready', error }))]);
  await settle();
  await second.clock.advance(5000);
  expect(await second.ended).toMatchObject({ ending: 'not-started', problem: error });

  const third = lead([fake((message, say) => message.type === 'ping' && say({ type: 'pong' })), fake(dutiful)]);
  for (let beat = 0; beat < 70; beat++) await third.clock.advance(1000);
  expect(await third.ended).toMatchObject({
    ending: 'not-started',
    problem: { message: 'engines were not ready in time' },
  });
});

it('has not started where the authority is lost before the barrier, and says by what it was stopped', async () => {
  const lost = AbortSignal.abort(fleetError('AUTHORITY_LOST', 'it ended'));
  const { ended, clock } = lead([fake(() => undefined)], { lost });
  for (let beat = 0; beat < 5; beat++) await clock.advance(1000);
  expect(await ended).toMatchObject({ ending: 'not-started', problem: { code: 'AUTHORITY_LOST' } });

  const ends = async (reason: Error) => {
    const stopped = lead([fake(dutiful)], { signal: AbortSignal.abort(reason) });
    await stopped.clock.advance(3000);
    return await stopped.ended;
  };
  expect(await ends(new StopRequest('SIGTERM'))).toMatchObject({ ending: 'interrupted', by: 'SIGTERM' });
  expect(await ends(new StopRequest('SIGINT'))).not.toHaveProperty('by');
});

it('tells an engine that does not end its phase in time to do so, and gives it up then', async () => {
  const endless = fake((message, say) => {
    if (message.type !== 'begin' || message.phase === 0) dutiful(message, say);
  });
  const { ended, clock, events } = lead([endless, fake(dutiful)], {
    phases: '[{ enroll: {} }, { day: { for: 10s, do: [{ check-in: { every: 5s } }] } }]',
  });
  for (let second = 0; second < 60; second++) await clock.advance(1000);
  expect(await ended).toMatchObject({ ending: 'incomplete', problem: { code: 'ENGINE_LOST' } });
  expect(endless.got).toContainEqual({ type: 'end-phase', phase: 1 });
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'lost', shard: 0, why: 'it did not come to the end of its phase' }),
  );
});

it('tells how late engines began, of all the latest', async () => {
  const late = (skewMs: number) =>
    fake((message, say) => {
      if (message.type === 'begin') say({ type: 'began', phase: message.phase, skewMs });
      dutiful(message, say);
    });
  const { ended, events } = lead([late(70), late(20)]);
  await ended;
  expect(events.flatMap((event) => (event.type === 'phase' ? (event.skewMs ?? []) : []))).toEqual([70, 70]);
  expect(events.filter(({ type }) => type === 'note')).toHaveLength(2);
});

it('stops engines in good order when it is asked to, and at once those that take too long', async () => {
  const stubborn = fake((message, say) => ['job', 'ping'].includes(message.type) && dutiful(message, say));
  const stop = new AbortController();
  const { ended, clock, events } = lead([stubborn], { signal: stop.signal });
  await settle();
  stop.abort(new Error('stopped on request'));
  for (let beat = 0; beat < 10; beat++) await clock.advance(1000);
  expect(await ended).toMatchObject({ ending: 'interrupted' });
  expect(events).toContainEqual(expect.objectContaining({ type: 'phase', event: 'ended', isBrokenOff: true }));
  expect(stubborn.got.filter(({ type }) => type === 'stop')).toEqual([
    { type: 'stop', hard: false, why: 'stopped on request' },
    { type: 'stop', hard: true, why: 'stopped on request' },
  ]);
  expect(stubborn.state.isKilled).toBe(true);
});
