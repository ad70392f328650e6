import type { Ports } from '../../model/ports.js';
import type { DeviceState } from '../../model/state.js';
import type { Apply, DeviceView, SaveDevice } from '../driver.js';
import type { Answer } from './answer.js';
import type { Exchange } from './exchange.js';
import type { Memory } from './memory.js';
import type { Parameters } from './parameters.js';

/** What a command may use. `state` is the device's at the moment of asking. */
export interface CommandContext {
  readonly device: DeviceView;
  readonly ports: Ports;
  readonly memory: Memory;
  readonly exchange: Exchange;
  readonly apply: Apply;
  readonly signal: AbortSignal;
  readonly save: SaveDevice;
  readonly undo: () => void;
  /** Told the identifier of what a command brings, once it is read: for the person at the device. */
  readonly named?: (identifier: string) => void;
}

/** Carries out one command. Throws FormatError for parameters that do not fit. */
export type Handler = (parameters: Parameters, context: CommandContext) => Answer | Promise<Answer>;
export type HandlerTable = Readonly<Record<string, Handler>>;

/** A screen lock means something only where there is a passcode. */
export function isLocked(state: DeviceState): boolean {
  return state.condition.locked && state.condition.passcode !== undefined;
}
