// What a job comes to for an engine: what its steps do, how its devices join and what disturbs them.
import type { DeviceFacts, Invitation, Leniency, Ports } from '../../agent/index.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { arrivals } from '../load/arrivals.js';
import { windowsOf } from '../metrics/demands.js';
import type { AskedWindow } from '../metrics/recorder.js';
import type { Sink, Subject } from '../metrics/sink.js';
import { interleave } from '../scenario/interleave.js';
import type { Fault, FleetPlan, Users } from '../scenario/model.js';
import { kindOf } from '../steps/registry.js';
import { hashWith } from './draw.js';
import { invitationOf } from './invitation.js';
import type { ShardJob } from './messages.js';
import type { Through } from './population.js';
import { secretsIn, withSecrets } from './secrets.js';
import type { Cast } from './selection.js';
import { chosenFrom } from './selection.js';
import { watched } from './through.js';
import type { World } from './world.js';

/** What of an engine's run a test may put in the place of. */
export interface Scene extends Pick<World, 'kindOf' | 'arrivals' | 'invitation'> {
  readonly lenient: readonly Leniency[];
  readonly native: Readonly<Partial<Record<PlatformName, DeviceFacts['native']>>>;
  /** Parts of a step's time that thresholds ask for. */
  readonly windows: (plan: FleetPlan) => readonly AskedWindow[];
  readonly identityOf: (cast: Cast) => (index: number) => number;
  readonly through: (sink: Sink, cast: Cast) => World['through'];
}

/** Who is who in a plan. */
export const castOf = (plan: FleetPlan): Cast => interleave(plan);

export interface SceneOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a file of users again, where what is secret in it did not come with the job. */
  readonly readUsers: (file: string) => Users;
  /** Ports that are disturbed as these faults say. */
  readonly faulty: (ports: Ports, faults: readonly Fault[], random: Ports['random']) => Ports;
}

/** Throws what reading the users again does. */
export function sceneOf(job: ShardJob, { env, readUsers, faulty }: SceneOptions): Scene {
  const { plan, target, localAddresses } = job;
  const users = withSecrets(plan.users, readUsers);
  const secrets = secretsIn(env, target.isEmbedded);
  return {
    kindOf,
    arrivals,
    windows: windowsOf,
    lenient: job.lenient as readonly Leniency[],
    native: {
      ...target.native,
      ...(target.mqttPort === undefined ? {} : { android: { ...target.native?.android, MqttPort: target.mqttPort } }),
    },
    invitation: (index: number, facts: DeviceFacts): Invitation => invitationOf(target, users, secrets, index, facts),
    identityOf: (cast) => identities(plan, cast),
    through: (sink, cast) => {
      const disturbed = disturbances(plan, cast, faulty);
      return (index: number, subject: (operation: string) => Subject, ageMs: () => number): Through => {
        // by a hash: platforms are interleaved, and of three addresses every third device would be an iPhone's
        const localAddress = localAddresses[hashWith(0, index) % Math.max(1, localAddresses.length)];
        const seen = watched({ sink, subject, ageMs, localAddress });
        const fault = disturbed(index, subject(''));
        return fault === undefined ? seen : (ports) => fault(seen(ports));
      };
    },
  };
}

/** Whose identity each device has: one that is a second one (`identity: duplicate`) that of the first of its group that is none. */
export function identities(plan: FleetPlan, cast: Cast): (index: number) => number {
  const second = new Map<number, number>();
  for (const { name, faults } of plan.phases)
    for (const [at, { kind, share }] of faults.entries()) {
      if (kind !== 'duplicate') continue;
      const chosen = new Set(chosenFrom(cast, plan.seed, faultName(name, at), { share }));
      for (const index of chosen) {
        const first = firstOf(cast, index, chosen);
        if (first !== undefined) second.set(index, first);
      }
    }
  return (index) => second.get(index) ?? index;
}

function firstOf(cast: Cast, index: number, chosen: ReadonlySet<number>): number | undefined {
  const group = cast.groupOf(index);
  for (let other = 0; other < cast.total; other++)
    if (!chosen.has(other) && cast.groupOf(other) === group) return other;
  return undefined;
}

const faultName = (phase: string, at: number): string => `${phase}/fault ${at}`;

/** The faults that a device has, each with the phase in which it has it. */
export const faultsOf = (
  { phases, seed }: FleetPlan,
  cast: Cast,
  index: number,
): readonly { readonly phase: string; readonly fault: Fault }[] =>
  phases.flatMap(({ name, faults }) =>
    faults
      .filter(({ share }, at) => chosenFrom(cast, seed, faultName(name, at), { share }).includes(index))
      .map((fault) => ({ phase: name, fault })),
  );

type Disturb = (index: number, subject: Subject) => ((ports: Ports) => Ports) | undefined;

/** Which faults a device has, by the step that it is in: those of its phase. */
function disturbances(plan: FleetPlan, cast: Cast, faulty: SceneOptions['faulty']): Disturb {
  const byStep = new Map<string, readonly { readonly fault: Fault; readonly chosen: ReadonlySet<number> }[]>();
  for (const { name, faults, steps } of plan.phases) {
    const hit = faults.flatMap((fault, at) =>
      fault.kind === 'duplicate'
        ? []
        : [{ fault, chosen: new Set(chosenFrom(cast, plan.seed, faultName(name, at), { share: fault.share })) }],
    );
    if (hit.length > 0) for (const step of steps) byStep.set(step.name, hit);
  }
  return (index, { step }) => {
    const own = byStep.get(step)?.filter(({ chosen }) => chosen.has(index));
    if (own === undefined || own.length === 0) return undefined;
    const faults = own.map(({ fault }) => fault);
    return (ports) => faulty(ports, faults, ports.random);
  };
}
