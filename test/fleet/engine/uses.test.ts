import { describe, expect, it } from 'vitest';
import { agentError } from '../../../agent/errors.js';
import { Uses } from '../../../fleet/engine/uses.js';
import type { UseStep } from '../../../fleet/scenario/model.js';
import { contextOf, deviceLike } from './context.js';

const every = { kind: 'every', everyMs: 100, jitter: 0 } as const;
const step = (rest: Partial<UseStep> = {}): UseStep => ({
  kind: 'use',
  name: 'use',
  atMs: 0,
  pace: every,
  kinds: ['email', 'wifi'],
  ...rest,
});

/** A device at a gate that lets in these kinds. */
function stage(rest: Partial<UseStep> = {}) {
  const scene = contextOf([7]);
  const open = new Set<string>(['email', 'wifi']);
  const used: string[] = [];
  const device = deviceLike({
    useResource: async (kind) => {
      used.push(kind);
      if (!open.has(kind)) throw agentError('RESOURCE_REFUSED', 'not you');
    },
  });
  return { ...scene, open, used, device, uses: new Uses(step(rest), scene.context) };
}

/** Each use counts once for the step and once for its kind: a threshold on outages asks whether the kind was used at all. */
const both = (counter: 'allowed' | 'refused') => [
  [counter, 7, 1],
  [counter, 7, 1],
];

describe('uses, again and again', () => {
  it('are an outage from the first that is refused after one that was allowed to the next that is allowed', async () => {
    const { uses, device, open, at, taken } = stage({ kinds: ['email'] });
    open.delete('email');
    const use = async (age: number) => {
      at(age);
      expect(await uses.act(device, 7, 'due')).toBeUndefined();
    };
    await use(0); // never allowed before: no outage
    open.add('email');
    await use(100);
    open.delete('email');
    await use(200);
    await use(300);
    open.add('email');
    await use(400);
    expect(taken()).toEqual([
      ...both('refused'),
      ...both('allowed'),
      ...both('refused'),
      ...both('refused'),
      ...both('allowed'),
      ['lasted', 7, 'outage.email', 200, 400],
    ]);
    open.delete('email');
    await use(500);
    at(650);
    uses.end();
    expect(taken().at(-1)).toEqual(['lasted', 7, 'outage.email', 150, 650]);
  });

  it('give time to think between two kinds, without holding the device', async () => {
    const { uses, device, used, at, taken } = stage({ thinkTime: { kind: 'fixed', value: 50 } });
    at(100);
    expect(await uses.act(device, 7, 'due')).toEqual({ isOpen: true });
    expect([used, taken().filter(([what]) => what === 'actAt')]).toEqual([['email'], [['actAt', 7, 150]]]);
    at(120);
    expect(await uses.act(device, 7, 'due')).toEqual({ isOpen: true });
    expect(uses.isDone()).toBe(false);
    at(155);
    expect(await uses.act(device, 7, 'later')).toEqual({ dueAt: 1015 });
    expect(taken().filter(([what]) => what === 'actAt')).toEqual([
      ['actAt', 7, 150],
      ['actAt', 7, 170],
    ]);
    expect(await uses.act(device, 7, 'later')).toEqual({ dueAt: 1017 });
    expect([used, uses.isDone()]).toEqual([['email', 'email', 'wifi', 'wifi'], true]);
  });
});

describe('uses, once each', () => {
  const pace = { kind: 'open', arrivals: { shape: 'burst' } } as const;

  it('fail the device that is refused', async () => {
    const { uses, device, open, taken } = stage({ pace });
    open.delete('wifi');
    await expect(uses.act(device, 7, 'due')).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' });
    expect(taken()).toEqual([...both('allowed'), ...both('refused')]);
  });

  it('fail the device that is let in where it is to be refused', async () => {
    const { uses, device, open } = stage({ pace, isRefused: true });
    open.clear();
    expect(await uses.act(device, 7, 'due')).toBeUndefined();
    open.add('wifi');
    await expect(uses.act(device, 7, 'due')).rejects.toMatchObject({ code: 'RESOURCE_OPEN' });
  });
});
