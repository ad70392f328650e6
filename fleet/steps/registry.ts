// All kinds of steps: one line for each.
import type { Step, StepKindName } from '../scenario/model.js';
import { change } from './change.js';
import { checkIn } from './check-in.js';
import { churn } from './churn.js';
import { clock } from './clock.js';
import { coexistence } from './coexistence.js';
import { enroll } from './enroll.js';
import { herd } from './herd.js';
import type { StepKind } from './kind.js';
import { leave } from './leave.js';
import { licences } from './licences.js';
import { renew } from './renew.js';
import { retire } from './retire.js';
import { switchKind } from './switch.js';
import { use } from './use.js';
import { wait } from './wait.js';

type Kinds = { readonly [K in StepKindName]: StepKind<Extract<Step, { readonly kind: K }>> };

/** By their word in a scenario, in the order in which they are explained. */
export const stepKinds: Kinds = {
  enroll,
  'check-in': checkIn,
  use,
  switch: switchKind,
  change,
  herd,
  licences,
  coexistence,
  renew,
  churn,
  retire,
  leave,
  clock,
  wait,
};

export const stepKindNames = Object.keys(stepKinds) as StepKindName[];

/** The kind of a step, able to take it. */
export const kindOf = <S extends Step>(step: S): StepKind<S> => stepKinds[step.kind] as unknown as StepKind<S>;
