import type { Device, DeviceState } from '../../../agent/index.js';
import { drawOf } from '../../../fleet/engine/draw.js';
import type { EngineContext } from '../../../fleet/steps/kind.js';

/** A step's context whose time is set by hand (a phase ten times as fast as the clock) and which keeps what it is told. */
export function contextOf(indexes: readonly number[]) {
  const told: (readonly unknown[])[] = [];
  const away = new Set<number>();
  const state = { age: 0 };
  const context = {
    chosen: () => indexes,
    among: (share: number) => indexes.slice(0, Math.round(indexes.length * share)),
    subject: (index: number, operation?: string) => ({ index, operation }),
    random: (index: number) => drawOf(index),
    ageMs: () => state.age,
    elapsedAt: (ageMs: number) => 1000 + ageMs / 10,
    hasFailed: () => false,
    isAway: (index: number) => away.has(index),
    isAwaited: () => false,
    setAway: (index: number, isAway: boolean) => void (isAway ? away.add(index) : away.delete(index)),
    actAt: (index: number, ageMs: number) => told.push(['actAt', index, ageMs]),
    moved: (index: number, ageMs: number) => told.push(['moved', index, ageMs]),
    fail: (index: number, error: Error & { code?: string }) => told.push(['fail', index, error.code]),
    peek: () => undefined,
    sink: {
      passed: (...[{ index }, response, service, age]: [{ index: number }, number, number, number]) =>
        told.push(['passed', index, response, service, age]),
      count: ({ index }: { index: number }, counter: string, by: number) => told.push([counter, index, by]),
      lasted: (...[{ index, operation }, ms, age]: [{ index: number; operation?: string }, number, number]) =>
        told.push(['lasted', index, operation, ms, age]),
    },
  } as unknown as EngineContext;
  const at = (age: number): void => {
    state.age = age;
  };
  return { context, told, away, at, taken: () => told.splice(0) };
}

/** A device that does what the test says and nothing else. */
export const deviceLike = (parts: {
  readonly state?: Partial<DeviceState>;
  readonly checkIn?: Device['checkIn'];
  readonly useResource?: Device['useResource'];
}): Device => ({ state: {}, ...parts }) as unknown as Device;
