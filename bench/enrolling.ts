// New devices of one platform that enroll through the load engine, round after round.
import type { HttpObservation } from '../agent/index.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import type { Round } from './cpu.js';
import { type EngineStage, openEngineStage, wide } from './engine-stage.js';
import { phaseOf } from './led.js';
import type { RecordedRequest } from './recorded.js';

export interface Enrolling extends EngineStage {
  /** One enrollment, and what it asked. Once. */
  watched(): Promise<{ readonly requests: readonly RecordedRequest[]; readonly exchanges: readonly HttpObservation[] }>;
  /** A round of enrollments by the engine: of devices that are due at once. */
  ours(): Promise<Round>;
}

export async function openEnrolling(
  platform: PlatformName,
  { enrollments, rounds }: { readonly enrollments: number; readonly rounds: number },
): Promise<Enrolling> {
  const groups = [
    { name: 'first', platform, count: 1 },
    { name: 'watched', platform, count: 1 },
    ...Array.from({ length: rounds }, (_, round) => ({ name: `round ${round}`, platform, count: enrollments })),
  ];
  const pace = { kind: 'closed', users: wide } as const;
  const phases = groups.map(({ name: group }, at) => {
    const name = at < 2 ? group : 'enroll';
    return phaseOf(group, [{ kind: 'enroll', name, atMs: 0, pace, of: { groups: [group] } }]);
  });
  const stage = await openEngineStage({ platform, groups, phases, watched: ['watched'] });
  await stage.phase(0); // what is made once for all is there
  let next = 2;
  return {
    ...stage,
    async watched() {
      await stage.phase(1);
      return { requests: [...stage.requests.values()].flat(), exchanges: stage.exchanges };
    },
    ours: () => stage.round('enroll', next++, 1),
  };
}
