import type { Device, DeviceState } from '../../agent/index.js';
import type { Step } from '../scenario/model.js';
import type { Scheduler } from './scheduler.js';

/** What a step's runner asks of the phase that it is part of. */
export interface PhaseOfStep {
  readonly scheduler: Scheduler;
  /** Ends what devices are in the middle of: the run was stopped hard, or the phase is over and they take too long. */
  readonly signal: AbortSignal;
  /** The device has failed, in this step. */
  deviceFailed(index: number, step: Step): void;
  /** A session of the device has come to its end, in whichever step. `before`: its state when its turn began. */
  sessionEnded(device: Device, index: number, startedAt: number, before: DeviceState): void;
  /** A step without a part at the authority has taken effect on the device. */
  tookEffect(step: Step, index: number): void;
  /** Its turn is over. */
  turnEnded(slot: number, index: number): void;
  /** Milliseconds of the phase's time since it began. */
  phaseMs(): number;
}
