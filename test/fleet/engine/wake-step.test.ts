import { describe, expect, it } from 'vitest';
import type { DeviceState } from '../../../agent/index.js';
import { WakeStep } from '../../../fleet/engine/wake-step.js';
import { fleetError } from '../../../fleet/errors.js';
import type { ChangeStep, Step, SwitchStep } from '../../../fleet/scenario/model.js';
import { change } from '../../../fleet/steps/change.js';
import { licences } from '../../../fleet/steps/licences.js';
import { kindOf } from '../../../fleet/steps/registry.js';
import { switchKind } from '../../../fleet/steps/switch.js';
import { contextOf, deviceLike } from './context.js';
import { atOnce } from './coordinating.js';

/** What a device was before a session, where that says nothing. */
const before = {} as DeviceState;
const by = (authority: 'intune' | 'office365') => deviceLike({ state: { managedBy: { authority, since: 0 } } });
const step = (rest: Partial<SwitchStep> = {}): SwitchStep => ({
  kind: 'switch',
  name: 'switch',
  atMs: 0,
  to: 'intune',
  ...rest,
});

function switching(indexes: readonly number[], rest: Partial<SwitchStep> = {}, gone: readonly number[] = []) {
  const stage = contextOf(indexes);
  const peek = (index: number) => ({ lifecycle: gone.includes(index) ? 'unenrolled' : 'enrolled' }) as DeviceState;
  const half = switchKind.onDevices?.(step(rest), { ...stage.context, peek }) as WakeStep;
  return { ...stage, half };
}

describe('a switch, as devices see it', () => {
  it('is over for a device in the session in which it moved, timed from the moment of the change', () => {
    const { half, at, taken } = switching([4, 5]);
    expect([half.wantsWake(4), half.wantsWake(6), half.isDone()]).toEqual([true, false, false]);
    at(100);
    half.happened(undefined, 100);
    at(300);
    half.afterSession(by('office365'), 4, 150, before);
    expect(taken()).toEqual([]);
    half.happened(undefined, 350); // said again, it was the first time
    at(500);
    half.afterSession(by('intune'), 4, 450, before);
    half.afterSession(by('intune'), 4, 470, before);
    expect(taken()).toEqual([
      ['passed', 4, 40, 5, 500],
      ['moved', 4, 500],
      ['lasted', 4, undefined, 400, 500],
    ]);
    expect([half.wantsWake(4), half.wantsWake(5), half.isDone()]).toEqual([false, true, false]);
    half.afterSession(by('intune'), 5, 490, before);
    expect(half.isDone()).toBe(true);
  });

  it('is not given up while devices are without a network that come back', () => {
    const { half, context } = switching([1, 2]);
    expect(half.waitsOn()).toBe(false);
    half.happened(undefined, 100);
    context.setAway(2, true);
    expect(half.waitsOn()).toBe(false);
    context.setAway(2, false);
    expect(half.waitsOn()).toBe(true);
    const bounded = switching([1], { withinMs: 1000 }).half;
    bounded.happened(undefined, 100);
    expect(bounded.waitsOn()).toBe(false);
  });

  it('counts those who moved before it was known that it had happened', () => {
    const { half, at, taken } = switching([1]);
    at(90);
    half.afterSession(by('intune'), 1, 60, before);
    expect(taken()).toEqual([]);
    at(120);
    half.happened(undefined, 50);
    expect(taken()[0]).toEqual(['passed', 1, 4, 3, 90]);
    expect(half.isDone()).toBe(true);
  });

  it('waits for nobody who had failed before, and asks no session of who is enrolled no more', async () => {
    const { context } = contextOf([1, 2]);
    const half = switchKind.onDevices?.(step(), { ...context, hasFailed: (index) => index === 1 }) as WakeStep;
    expect([half.wantsWake(1), half.wantsWake(2)]).toEqual([false, true]);
    const gone = deviceLike({
      state: { lifecycle: 'unenrolled' },
      checkIn: async () => {
        throw new Error('it is not enrolled');
      },
    });
    expect(await half.act(gone, 2, 'woken')).toEqual({ isOpen: true });
  });

  it('counts nobody who has failed before it was known that it had happened', () => {
    const { half, at, taken } = switching([1]);
    at(90);
    half.afterSession(by('intune'), 1, 60, before);
    half.failed(1);
    half.happened(undefined, 50);
    expect(taken()).toEqual([]);
  });

  it('takes no use of a profile for a session', () => {
    const { half, at, taken } = switching([1]);
    half.happened(undefined, 0);
    at(100);
    const { state } = by('office365');
    half.afterSession(deviceLike({ state }), 1, 50, state);
    half.end();
    expect(taken()).toEqual([['fail', 1, 'WAKE_MISSED']]);
  });

  it('takes no time of those who were there when it happened', () => {
    const { half, at, taken } = switching([1]);
    at(40);
    half.afterSession(by('intune'), 1, 20, before);
    at(120);
    half.happened(undefined, 100);
    expect(taken()[0]).toEqual(['passed', 1, 0, 8, 100]);
  });

  it('waits for those who are away until they are back, and counts from then on', () => {
    const { half, away, at, taken } = switching([1, 2], { offline: { share: 0.5, forMs: 1000 }, withinMs: 500 });
    half.before();
    expect([...away]).toEqual([1]);
    half.happened(undefined, 100);
    expect(taken()).toEqual([
      ['away', 1, 1],
      ['actAt', 1, 1100],
    ]);
    expect([half.comesBack(1), half.comesBack(2)]).toEqual([true, false]);
    at(1599);
    expect(half.isDone()).toBe(false);
    at(1300);
    half.afterSession(by('intune'), 1, 1200, before);
    expect(taken()).toEqual([
      ['passed', 1, 20, 10, 300],
      ['moved', 1, 300],
      ['lasted', 1, undefined, 200, 300],
    ]);
    at(1600);
    expect(half.isDone()).toBe(true);
  });

  it('fails nobody for not having heard who is away still when it ends', () => {
    const { half, taken } = switching([1, 2], { offline: { share: 0.5, forMs: 1000 } });
    half.before();
    half.happened(undefined, 0);
    taken();
    half.end();
    expect(taken()).toEqual([['fail', 2, 'WAKE_MISSED']]);
  });

  it('lets those hear nothing who are away for good, and asks no more of them', () => {
    const { half, taken } = switching([1], { offline: { share: 1 } });
    half.before();
    half.happened(undefined, 0);
    expect(taken()).toEqual([
      ['away', 1, 1],
      ['passed', 1, 1],
    ]);
    expect(half.isDone()).toBe(true);
    half.end();
    expect(taken()).toEqual([]);
  });

  it('ends with the failure of who was not woken, of who checked in and did not move, and of nobody else', () => {
    const { half, at, taken } = switching([1, 2, 3, 4, 5], {}, [5]);
    at(100);
    half.afterSession(by('office365'), 4, 50, before); // before it happened: it was woken for something else
    half.happened(undefined, 100);
    at(200);
    half.afterSession(by('office365'), 2, 150, before);
    expect(half.failed(3)).toBe(true);
    expect(half.failed(3)).toBe(false);
    expect([...half.notStarted()]).toEqual([1, 2, 4, 5]);
    half.end();
    expect(taken()).toEqual([
      ['fail', 1, 'WAKE_MISSED'],
      ['fail', 2, 'MOVE_MISSED'],
      ['fail', 4, 'WAKE_MISSED'],
      ['fail', 5, 'MOVE_MISSED'], // it is enrolled no more
    ]);
  });

  it('checks in when it is woken or back, and says so', async () => {
    const { context, at } = contextOf([1]);
    const half = new WakeStep(context, {
      isThere: () => false,
      missed: () => fleetError('WAKE_MISSED', ''),
    });
    const reasons: (string | undefined)[] = [];
    const device = deviceLike({
      checkIn: async (_signal, reason) => {
        reasons.push(reason);
        if (reasons.length === 2) throw new Error('broken');
        return { commands: 0, later: 0, requests: 1 };
      },
    });
    half.happened(undefined, 0);
    at(10);
    expect(await half.act(device, 1, 'woken')).toEqual({ isOpen: true });
    half.afterSession(device, 1, 5, before);
    await expect(half.act(device, 1, 'later')).rejects.toThrow('broken');
    half.afterSession(device, 1, 6, before);
    expect(reasons).toEqual(['woken', 'scheduled']);
  });
});

const changing = (rest: Partial<ChangeStep> = {}): ChangeStep => ({
  kind: 'change',
  name: 'change',
  atMs: 0,
  profile: 'Wi-Fi',
  set: { ssid: 'new' },
  ...rest,
});

const holding = (ssid: string) =>
  ({ holdings: [{ profile: { name: 'Wi-Fi', kind: 'wifi', ssid } }] }) as unknown as DeviceState;

describe('a change of a profile, as devices see it', () => {
  const changed = (states: Readonly<Record<number, DeviceState>>, awaited: readonly number[] = []) => {
    const stage = contextOf(Object.keys(states).map(Number));
    const context = {
      ...stage.context,
      peek: (index: number) => states[index],
      isAwaited: (index: number) => awaited.includes(index),
    };
    const half = change.onDevices?.(changing(), context) as WakeStep;
    return { ...stage, half };
  };

  it('is over when all who held the profile have the new one; who holds none and was not woken is not concerned', () => {
    const states = { 1: holding('old'), 2: { holdings: [] } as unknown as DeviceState, 3: { holdings: [] } as never };
    const { half, at, taken } = changed(states, [3]);
    half.happened(undefined, 0);
    at(29_000); // a phase ten times as fast: 2.9 s
    half.isDone();
    expect(taken()).toEqual([]);
    at(30_000);
    expect(half.isDone()).toBe(false);
    expect(taken()).toEqual([['unconcerned', 2, 1]]);
    half.afterSession(deviceLike({ state: holding('new') }), 1, 29_000, holding('old'));
    half.afterSession(deviceLike({ state: holding('new') }), 3, 29_000, holding('old'));
    expect(half.isDone()).toBe(true);
    expect(taken().map(([what, index]) => `${what} ${index}`)).toEqual([
      ...['passed 1', 'moved 1', 'lasted 1'],
      ...['passed 3', 'moved 3', 'lasted 3'],
    ]);
  });

  it('knows a network by what it was where the platform has no word for its name', () => {
    const pc = (ssid: string) =>
      ({
        holdings: [
          { profile: { name: ssid, kind: 'wifi', ssid } },
          { profile: { name: 'x', kind: 'wifi', ssid: 'x' } },
        ],
      }) as never;
    const states = { 1: pc('old'), 2: pc('other'), 3: pc('old') };
    const { half, at, taken } = changed(states);
    half.afterSession(deviceLike({ state: pc('new') }), 3, 6, pc('old')); // before it was known
    half.happened({ kind: 'wifi', settings: { ssid: 'old' } }, 5);
    expect(taken().map(([what, index]) => `${what} ${index}`)).toEqual(['passed 3', 'moved 3', 'lasted 3']);
    at(40_000);
    expect(half.isDone()).toBe(false);
    expect(taken()).toEqual([['unconcerned', 2, 1]]);
    half.afterSession(deviceLike({ state: pc('new') }), 1, 39_000, pc('old'));
    expect(half.isDone()).toBe(true);
  });

  it('ends with the failure of who holds what was, and nobody else is silently left out', () => {
    const { half, at, taken } = changed({ 1: holding('old'), 2: holding('old'), 3: { holdings: [] } as never });
    half.happened(undefined, 0);
    at(10);
    half.afterSession(deviceLike({ state: holding('old') }), 1, 5, holding('old'));
    half.end();
    expect(taken()).toEqual([
      ['fail', 1, 'PROFILE_MISSING'],
      ['fail', 2, 'WAKE_MISSED'],
      ['unconcerned', 3, 1],
    ]);
  });

  it('waits no more for a device for which a later step has taken its place, once it has happened itself', () => {
    const { half, taken } = changed({ 1: holding('old'), 2: holding('old') });
    expect(half.superseded(1)).toBe(false);
    half.happened(undefined, 0);
    expect([half.superseded(1), half.superseded(1), half.wantsWake(1), half.wantsWake(2)]).toEqual([
      ...[true, false, false, true],
    ]);
    half.end();
    expect(taken()).toEqual([['fail', 2, 'WAKE_MISSED']]);
  });
});

describe('a change of licences, as devices see it', () => {
  it('counts who is managed by another authority after a session, and waits for nobody else whom nothing wakes', () => {
    const { context, at, taken } = contextOf([1, 2, 3]);
    const half = licences.onDevices?.(
      { kind: 'licences', name: 'licences', atMs: 0, add: 'INTUNE_A' },
      { ...context, isAwaited: (index) => index === 3 },
    ) as WakeStep;
    half.happened(undefined, 0);
    at(100);
    half.afterSession(by('office365'), 1, 50, by('office365').state);
    half.afterSession(by('intune'), 2, 50, by('office365').state);
    expect(taken().map(([what, index]) => `${what} ${index}`)).toEqual(['passed 2', 'moved 2', 'lasted 2']);
    at(40_000);
    expect(half.isDone()).toBe(false);
    expect(taken()).toEqual([['unconcerned', 1, 1]]);
    half.end();
    expect(taken()).toEqual([['unconcerned', 3, 1]]);
  });
});

describe('a later step', () => {
  it.each<[Step, Step, boolean]>([
    [step(), changing(), true],
    [step(), step({ to: 'office365' }), true],
    [step(), step(), false],
    [changing(), changing({ set: { ssid: 'newer' } }), true],
    [changing(), changing({ set: { ssid: 'new', hidden: true } }), false],
    [changing(), changing({ profile: 'VPN', set: { ssid: 'newer' } }), false],
    [changing(), step(), false],
    [{ kind: 'retire', name: 'r', atMs: 0 }, step(), true],
    [{ kind: 'retire', name: 'r', atMs: 0 }, { kind: 'herd', name: 'h', atMs: 0 }, false],
    [{ kind: 'licences', name: 'l', atMs: 0, add: 'A' }, { kind: 'licences', name: 'm', atMs: 0, remove: 'A' }, true],
    [{ kind: 'licences', name: 'l', atMs: 0, remove: 'A' }, { kind: 'licences', name: 'm', atMs: 0, add: 'A' }, true],
    [{ kind: 'licences', name: 'l', atMs: 0, add: 'A' }, { kind: 'licences', name: 'm', atMs: 0, add: 'A' }, false],
    [{ kind: 'leave', name: 'l', atMs: 0, pace: atOnce }, { kind: 'herd', name: 'h', atMs: 0 }, true],
    [{ kind: 'leave', name: 'l', atMs: 0, pace: atOnce }, { kind: 'wait', name: 'w', atMs: 0, forMs: 1 }, false],
  ])('%o in the place of %o: %o', (later, earlier, is) => {
    expect(kindOf(later).supersedes?.(later, earlier) ?? false).toBe(is);
  });
});
