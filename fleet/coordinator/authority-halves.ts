import type { Clock } from '../../base/clock.js';
import type { AuthorityClient } from '../engine/authority-client.js';
import { fleetError } from '../errors.js';
import type { FleetPlan, Phase, Step } from '../scenario/model.js';
import type { AuthorityContext } from '../steps/kind.js';
import { kindOf } from '../steps/registry.js';

export interface AuthorityHalves {
  readonly phase: Phase;
  readonly plan: FleetPlan;
  readonly admin?: AuthorityClient;
  readonly chosen: (step: Step) => AuthorityContext['chosen'];
  /** Real. */
  readonly clock: Clock;
  /** When the phase begins. */
  readonly wallAt: number;
  readonly signal: AbortSignal;
  /** Done, of its own accord begun at `wallAt`. */
  readonly onHappened: (step: Step, wallAt: number, value: unknown) => Promise<void>;
}

/**
 * Does at the authority what the steps of one phase ask of it, each at its time. Resolves when all is done or the signal is aborted;
 * rejects with the first that could not be done.
 */
export async function authorityHalves(halves: AuthorityHalves): Promise<void> {
  const { phase, signal } = halves;
  const work = phase.steps.filter((step) => kindOf(step).atAuthority !== undefined).map((step) => half(step, halves));
  try {
    await Promise.all(work);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function half(step: Step, halves: AuthorityHalves): Promise<void> {
  const { phase, plan, admin, chosen, clock, wallAt, signal, onHappened } = halves;
  const dueAt = wallAt + step.atMs / phase.scale;
  await clock.sleep(Math.max(0, dueAt - clock.now()), signal);
  if (admin === undefined) throw fleetError('RUN_NOT_STARTED', `step "${step.name}" needs the authority's admin API`);
  const at = clock.now();
  const value = await kindOf(step).atAuthority?.(step, { admin, chosen: chosen(step), plan, signal });
  if (!signal.aborted) await onHappened(step, at, value);
}
