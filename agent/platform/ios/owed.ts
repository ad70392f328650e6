// Check-in messages that must reach the authority, in this session or a later one.
import { isRollcallError } from '../../../base/errors.js';
import type { CommandContext } from './context.js';
import { isTheirs } from './exchange.js';
import { authenticate, tokenUpdate } from './messages.js';
import { troubleOf } from './told.js';

/** Sends what is owed. Throws what the exchange throws; what was not answered with success stays owed. */
export async function sendOwed({ memory, exchange, device, signal }: CommandContext): Promise<void> {
  const { facts } = device.state;
  if (memory.data.owes === 'Authenticate') {
    await exchange.checkIn(authenticate(facts, memory.data), signal);
    memory.change({ owes: 'TokenUpdate' });
    memory.forget('former'); // it has spoken: the one before is worth nothing any more
  }
  if (memory.data.owes === 'TokenUpdate') {
    await exchange.checkIn(tokenUpdate(facts, memory.data), signal);
    memory.forget('owes');
  }
}

/**
 * The server does not take the new identity of a renewal that was cut off, and would not take it later: the one before is good still,
 * and back in use. False where there is none, or the server asks for patience.
 */
function returnToFormer(error: unknown, { memory, exchange }: CommandContext): boolean {
  const { former } = memory.data;
  if (former === undefined || !isRollcallError(error, 'AUTHORITY_REFUSED')) return false;
  memory.change(former);
  memory.forget('owes');
  memory.forget('former');
  exchange.close(); // connections were made with the new identity
  return true;
}

/** At the start of a session. A server that does not take a TokenUpdate may still have commands: it is asked again next time. */
export async function sendOwedUnlessRefused(context: CommandContext): Promise<void> {
  try {
    await sendOwed(context);
  } catch (error) {
    const { owes } = context.memory.data;
    if (!isTheirs(error) || (owes === 'Authenticate' && !returnToFormer(error, context))) throw error;
    const during = owes ?? 'TokenUpdate';
    context.ports.log.info(error.code, { during, problem: error.message });
    context.device.tell(troubleOf(error, during));
  }
}
