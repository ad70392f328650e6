// The configuration that the device goes by: its text is kept, and read again where it is needed.
import type { Refuse } from '../../../../base/errors.js';
import { readJsonObject } from '../../../../base/json.js';
import { readConfiguration } from '../../../../protocol/headwind/configuration.js';
import type { HeadwindConfiguration } from '../../../../protocol/headwind/types.js';
import { authorityNamed } from '../../../../protocol/managing-authority.js';
import { agentError } from '../../../errors.js';
import type { AndroidContext, KnownContext, ReceivedConfiguration } from '../context.js';
import { AndroidMemory } from '../memory.js';
import { logLine } from './device-log.js';
import { beginCommands } from './told.js';

/** Far above what a server writes: the reply that brought it was bounded before. */
const limits = { maxBytes: 64 * 1024 * 1024, maxDepth: 64 };

/**
 * Makes this the configuration that the device goes by (the launcher's step 1), and begins a new number for the ids of its
 * commands. What was given up of the one before is tried again. Nothing is applied yet.
 */
export function keepConfiguration(context: AndroidContext, received: ReceivedConfiguration): void {
  const { memory } = context;
  const syncs = (memory.data.syncs ?? 0) + 1;
  memory.change({ configuration: received.text, syncs });
  const managedBy = authorityNamed(received.configuration.custom1);
  if (managedBy === undefined) memory.forget('managedBy');
  else if (managedBy !== memory.data.managedBy) memory.change({ managedBy });
  beginCommands(context, `${syncs}`);
  for (const key of ['skippedFiles', 'skippedApps', 'isKioskLeft'] as const) memory.forget(key);
  memory.taken = received;
  logLine(context, 'info', 'Configuration updated');
}

/** The configuration that was taken last; undefined before the first one. Throws STATE_CORRUPT where what is kept cannot be read. */
export function configurationOf({ memory }: Pick<KnownContext, 'memory'>): HeadwindConfiguration | undefined {
  const { configuration: text } = memory.data;
  if (text === undefined) return undefined;
  const known = memory instanceof AndroidMemory ? memory.taken : undefined; // what the session itself took is not read twice
  if (known?.text === text) return known.configuration;
  const refuse: Refuse = (message, more) => agentError('STATE_CORRUPT', message, more);
  return readConfiguration(readJsonObject(Buffer.from(text), 'the kept configuration', refuse, limits));
}
