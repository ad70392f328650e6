import type { SyncMlCommand } from '../../../protocol/syncml/message.js';
import type { Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { Apply, DeviceView, SaveDevice } from '../driver.js';
import type { CspModule, TreeEdit } from './csp/module.js';
import type { Identities } from './identities.js';
import type { WindowsMemory } from './memory.js';
import type { EngineReport } from './tree/engine.js';

/** The trees of a device and what gives them meaning. */
export interface Room {
  readonly modules: readonly CspModule[];
  /** Runs commands against the tree of this enrollment (tree/engine.ts). */
  run(commands: readonly SyncMlCommand[], context: SessionContext): Promise<EngineReport>;
  /** The tree as written, for work outside a message. */
  edit(memory: WindowsMemory): TreeEdit;
}

/** What everything that a check-in does may use. */
export interface SessionContext {
  readonly device: DeviceView;
  readonly ports: Ports;
  readonly memory: WindowsMemory;
  readonly room: Room;
  readonly server: ServerTrust;
  readonly identities: Identities;
  readonly apply: Apply;
  readonly signal: AbortSignal;
  readonly save: SaveDevice;
  readonly undo: () => void;
}
