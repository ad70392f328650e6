// Where a run goes: what its engines have to know of it, and what stays with the coordinator.
import type { EngineTarget } from './messages.js';

/** An authority to run against, or servers of others by platform: where they are, who may administer it, whom to trust. */
export interface Target extends EngineTarget {
  readonly adminToken?: string;
  /** Origins that have to answer before anything is begun. A document that names no server adds none. */
  readonly places: readonly string[];
  /** Environment of the engines (fleet/engine/secrets.ts): never in a message, a log or a report. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What was said of it, by the names of options and variables, without values: it has to be said again to go there again. */
  readonly given?: readonly string[];
  /** Aborted, with an error of ours as its reason, when the authority has ended before the run. */
  readonly lost?: AbortSignal;
  close(): Promise<void>;
}

/** What engines are told of it: no secret. */
export const engineTargetOf = (target: Target): EngineTarget => {
  const { adminToken: _token, places: _places, secrets: _secrets, given: _given, lost: _lost, ...rest } = target;
  const { close: _close, ...told } = rest;
  return told;
};
