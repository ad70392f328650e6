// Devices of one platform that are enrolled, hold their profiles and check in through the load engine, round after round.
import type { DeviceState } from '../agent/index.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import type { Round } from './cpu.js';
import { type EngineStage, openEngineStage, wide } from './engine-stage.js';
import { phaseOf } from './led.js';
import type { RecordedRequest } from './recorded.js';

export interface CheckingIn extends EngineStage {
  /** Each as it is after a session with nothing to do, and what it asked in that. */
  readonly quiet: readonly { readonly state: DeviceState; readonly requests: readonly RecordedRequest[] }[];
  /** A round of sessions by the engine: each device checks in again and again, and all of it is due at once. */
  ours(): Promise<Round>;
}

/** `sessions` in each of `rounds` rounds, by `devices` devices. */
export async function openCheckingIn(
  platform: PlatformName,
  { devices, sessions, rounds }: { readonly devices: number; readonly sessions: number; readonly rounds: number },
): Promise<CheckingIn> {
  const one = { kind: 'closed', users: wide } as const;
  const everyMs = 10;
  const again = { kind: 'every', everyMs, jitter: 0, forMs: (everyMs * sessions) / devices } as const;
  const step = (name: string, pace: typeof one | typeof again) => {
    return phaseOf(name, [{ kind: 'check-in', name, atMs: 0, pace, expect: [] }]);
  };
  const before = [
    phaseOf('enroll', [{ kind: 'enroll', name: 'enroll', atMs: 0, pace: one }]),
    step('receive', one),
    step('settle', one),
    step('quiet', one),
  ];
  const stage = await openEngineStage({
    platform,
    groups: [{ name: platform, platform, count: devices }],
    phases: [...before, ...Array.from({ length: rounds }, () => step('check-in', again))],
    watched: ['quiet'],
  });
  try {
    for (const number of before.keys()) await stage.phase(number);
    const quiet = Array.from({ length: devices }, (_, index) => {
      const [state, requests] = [stage.states.get(index), stage.requests.get(index)];
      if (state === undefined || requests === undefined) throw new Error(`device ${index} has not checked in`);
      return { state, requests };
    });
    let next = before.length;
    return { ...stage, quiet, ours: () => stage.round('check-in', next++, 1) };
  } catch (error) {
    await stage.close();
    throw error;
  }
}
