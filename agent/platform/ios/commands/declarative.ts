import { isRollcallError } from '../../../../base/errors.js';
import { readTokens } from '../../../../protocol/apple-mdm/ddm.js';
import { done, refusalOf } from '../answer.js';
import type { HandlerTable } from '../context.js';
import { FormatError } from '../parameters.js';
import { native } from '../translate.js';

export const declarativeCommands: HandlerTable = {
  /** Only switches it on and notes that there is something to fetch; the session synchronises once this is acknowledged. */
  async DeclarativeManagement(parameters, context) {
    const tokens = parameters.optionalData('Data');
    const due = tokens === undefined || tokens.length === 0 ? '' : tokenOf(tokens);
    const refused = refusalOf(await context.apply(native('DeclarativeManagement')));
    if (refused !== undefined) return refused;
    const { ddm } = context.memory.data;
    context.memory.change({ ddm: { ...(ddm ?? { declarations: [] }), due } });
    return done();
  },
};

function tokenOf(tokens: Uint8Array): string {
  try {
    return readTokens(tokens).SyncTokens.DeclarationsToken;
  } catch (error) {
    if (isRollcallError(error)) throw new FormatError(`Command/Data: ${error.message}`);
    throw error;
  }
}
