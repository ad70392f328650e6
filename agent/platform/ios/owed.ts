// Check-in messages that must reach the authority, in this session or a later one.
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
  }
  if (memory.data.owes === 'TokenUpdate') {
    await exchange.checkIn(tokenUpdate(facts, memory.data), signal);
    memory.forget('owes');
  }
}

/** At the start of a session. A server that does not take a TokenUpdate may still have commands: it is asked again next time. */
export async function sendOwedUnlessRefused(context: CommandContext): Promise<void> {
  try {
    await sendOwed(context);
  } catch (error) {
    if (!isTheirs(error) || context.memory.data.owes === 'Authenticate') throw error;
    context.ports.log.info(error.code, { during: 'TokenUpdate', problem: error.message });
    context.device.tell(troubleOf(error, 'TokenUpdate'));
  }
}
