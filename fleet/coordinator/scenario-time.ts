// The time that devices live by, as the coordinator sets it: the stub's own clock, or one that is agreed between the engines.
import type { Clock } from '../../base/clock.js';
import type { AuthorityClient } from '../engine/authority-client.js';

/** What shows at one real moment, and how fast it goes. */
interface Reading {
  readonly wallAt: number;
  readonly scenarioAt: number;
  readonly scale: number;
}

export interface ScenarioTime {
  /** What the devices' clock shows at this real moment, by the pace that was set last. */
  at(wall: number): number;
  /** From now on so fast. Throws what the admin API throws. */
  pace(scale: number): Promise<void>;
  /** Looks at the stub's clock again, after it was moved. */
  look(): Promise<void>;
  /** Sets the stub's clock to the pace that it had. */
  restore(): Promise<void>;
}

const shown = ({ wallAt, scenarioAt, scale }: Reading, wall: number): number => scenarioAt + (wall - wallAt) * scale;

/** At servers of others: devices' time runs as fast as the phase says, from the real time on; the server keeps its own. */
export function ownTime(clock: Clock): ScenarioTime {
  let last: Reading = { wallAt: clock.now(), scenarioAt: clock.now(), scale: 1 };
  return {
    at: (wall) => shown(last, wall),
    async pace(scale) {
      const wallAt = clock.now();
      last = { wallAt, scenarioAt: shown(last, wallAt), scale };
    },
    look: async () => undefined,
    restore: async () => undefined,
  };
}

/** At a stub that can be administered: its clock is set, and the devices follow it. Throws what the admin API throws. */
export async function stubTime(clock: Clock, admin: AuthorityClient): Promise<ScenarioTime> {
  let last = { wallAt: 0, scenarioAt: 0, scale: 1 };
  async function read(reading: () => Promise<{ now: number; scale: number }>): Promise<void> {
    const sent = clock.now();
    const { now, scale } = await reading();
    last = { wallAt: (sent + clock.now()) / 2, scenarioAt: now, scale };
  }
  await read(() => admin.clock());
  const before = last.scale;
  const pace = async (scale: number) => {
    if (scale !== last.scale) await read(() => admin.setClockScale(scale));
  };
  return {
    at: (wall) => shown(last, wall),
    pace,
    look: () => read(() => admin.clock()),
    restore: () => pace(before),
  };
}
