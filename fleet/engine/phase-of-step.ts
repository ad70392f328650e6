import type { Device } from '../../agent/index.js';
import type { Step } from '../scenario/model.js';
import type { Scheduler } from './scheduler.js';

/** What a step's runner asks of the phase that it is part of. */
export interface PhaseOfStep {
  readonly scheduler: Scheduler;
  /** The device has failed, in this step. */
  deviceFailed(index: number, step: Step): void;
  /** A session of the device has come to its end, in whichever step. */
  sessionEnded(device: Device, index: number, startedAt: number): void;
  /** Its turn is over. */
  turnEnded(slot: number, index: number): void;
  /** Milliseconds of the phase's time since it began. */
  phaseMs(): number;
}
