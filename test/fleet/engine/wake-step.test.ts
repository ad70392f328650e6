import { describe, expect, it } from 'vitest';
import { WakeStep } from '../../../fleet/engine/wake-step.js';
import { fleetError } from '../../../fleet/errors.js';
import type { SwitchStep } from '../../../fleet/scenario/model.js';
import { switchKind } from '../../../fleet/steps/switch.js';
import { contextOf, deviceLike } from './context.js';

const by = (authority: 'intune' | 'office365') => deviceLike({ state: { managedBy: { authority, since: 0 } } });
const step = (rest: Partial<SwitchStep> = {}): SwitchStep => ({
  kind: 'switch',
  name: 'switch',
  atMs: 0,
  to: 'intune',
  ...rest,
});

function switching(indexes: readonly number[], rest: Partial<SwitchStep> = {}) {
  const stage = contextOf(indexes);
  const half = switchKind.onDevices?.(step(rest), stage.context) as WakeStep;
  return { ...stage, half };
}

describe('a switch, as devices see it', () => {
  it('is over for a device in the session in which it moved, timed from the moment of the change', () => {
    const { half, at, taken } = switching([4, 5]);
    expect([half.wantsWake(4), half.wantsWake(6), half.isDone()]).toEqual([true, false, false]);
    at(100);
    half.happened(undefined, 100);
    at(300);
    half.afterSession(by('office365'), 4, 150);
    expect(taken()).toEqual([]);
    at(500);
    half.afterSession(by('intune'), 4, 450);
    half.afterSession(by('intune'), 4, 470);
    expect(taken()).toEqual([
      ['passed', 4, 40, 5, 500],
      ['moved', 4, 500],
      ['lasted', 4, undefined, 400, 500],
    ]);
    expect([half.wantsWake(4), half.wantsWake(5), half.isDone()]).toEqual([false, true, false]);
    half.afterSession(by('intune'), 5, 490);
    expect(half.isDone()).toBe(true);
  });

  it('counts those who moved before it was known that it had happened', () => {
    const { half, at, taken } = switching([1]);
    at(90);
    half.afterSession(by('intune'), 1, 60);
    expect(taken()).toEqual([]);
    at(120);
    half.happened(undefined, 50);
    expect(taken()[0]).toEqual(['passed', 1, 4, 3, 90]);
    expect(half.isDone()).toBe(true);
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
    half.afterSession(by('intune'), 1, 1200);
    expect(taken()).toEqual([
      ['passed', 1, 20, 10, 300],
      ['moved', 1, 300],
      ['lasted', 1, undefined, 200, 300],
    ]);
    at(1600);
    expect(half.isDone()).toBe(true);
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
    const { half, at, taken } = switching([1, 2, 3, 4]);
    at(100);
    half.afterSession(by('office365'), 4, 50); // before it happened: it was woken for something else
    half.happened(undefined, 100);
    at(200);
    half.afterSession(by('office365'), 2, 150);
    expect(half.failed(3)).toBe(true);
    expect(half.failed(3)).toBe(false);
    expect([...half.notStarted()]).toEqual([1, 2, 4]);
    half.end();
    expect(taken()).toEqual([
      ['fail', 1, 'WAKE_MISSED'],
      ['fail', 2, 'MOVE_MISSED'],
      ['fail', 4, 'WAKE_MISSED'],
    ]);
  });

  it('checks in when it is woken or back, and says so; a session that breaks answers nothing', async () => {
    const { context, at } = contextOf([1]);
    const seen: boolean[] = [];
    const half = new WakeStep(context, {
      isThere: (_device, { isAnswer }) => {
        seen.push(isAnswer);
        return false;
      },
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
    half.afterSession(device, 1, 5);
    await expect(half.act(device, 1, 'later')).rejects.toThrow('broken');
    half.afterSession(device, 1, 6);
    expect([reasons, seen]).toEqual([
      ['woken', 'scheduled'],
      [true, false],
    ]);
  });
});
