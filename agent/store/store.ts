import type { DeviceState } from '../model/state.js';

/** Where devices are remembered between processes. Writes are durable when the promise resolves, or throw STATE_UNSAVED. */
export interface DeviceStore {
  /** What is saved outlives the process. */
  readonly isDurable?: true;
  load(id: string): DeviceState | undefined;
  save(state: DeviceState): Promise<void>;
  delete(id: string): Promise<void>;
  ids(): readonly string[];
  close(): Promise<void>;
}
