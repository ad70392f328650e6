import type { Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { Apply, DeviceView, SaveDevice } from '../driver.js';
import type { Identities } from './identities.js';
import type { WindowsMemory } from './memory.js';
import type { CspEngine } from './tree/engine.js';

/** What carries commands out on the tree of an enrollment, and does what modules have to do later. */
export type Engine = Pick<CspEngine, 'run' | 'work'>;

/** What everything that a check-in does may use. */
export interface SessionContext {
  readonly device: DeviceView;
  readonly ports: Ports;
  readonly memory: WindowsMemory;
  readonly server: ServerTrust;
  readonly identities: Identities;
  /** The engine of this check-in: made when the first command comes, for most check-ins have none. */
  readonly engine: () => Engine;
  readonly apply: Apply;
  readonly signal: AbortSignal;
  readonly save: SaveDevice;
  readonly undo: () => void;
}

/** What an engine is made with. */
export type EngineParts = Pick<SessionContext, 'device' | 'ports' | 'memory' | 'apply' | 'signal'>;
