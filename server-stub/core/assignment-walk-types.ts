import type { Authority, PlatformName } from '../../protocol/vocabulary.js';
import type { Assignment } from './assignment.js';
import type { Walk } from './walks.js';

/** How something was assigned, before a change or after it. */
export interface AssignedForm {
  readonly authority: Authority;
  readonly assignment: Assignment;
  readonly platforms?: readonly PlatformName[];
  /** Devices up to this sequence were asked already. */
  readonly after: number;
}

/** Devices that are asked to check in because something that is assigned has changed. */
export interface AssignmentWalk {
  readonly forms: readonly AssignedForm[];
  readonly walk: Walk;
}
