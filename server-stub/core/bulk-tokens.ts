// Bulk tokens as administrators make them (E12).
import { stubError } from '../errors.js';
import { assertFits } from './descriptions.js';
import type { BulkTokens } from './interfaces.js';
import type { TenantState } from './state.js';

/** Tokens a tenant may have. */
const mostTokens = 1000;

export const bulkTokens = (state: TenantState): BulkTokens => {
  const tokens = state.admission.bulkTokens;
  return {
    bulkTokens: () => [...tokens.values()],
    bulkToken: (id) => tokens.get(id),
    findBulkToken: (text) => [...tokens.values()].find(({ token }) => token === text),
    putBulkToken(token) {
      assertFits('bulkToken', token);
      for (const other of tokens.values()) {
        if (other.id === token.id) continue;
        if (other.name === token.name)
          throw stubError('REQUEST_INVALID', `A bulk token is named "${token.name}" already`);
        if (other.token === token.token) throw stubError('REQUEST_INVALID', 'Another bulk token is the same');
      }
      if (!tokens.has(token.id) && tokens.size >= mostTokens) {
        throw stubError('REQUEST_INVALID', `A tenant holds ${mostTokens} bulk tokens at most`);
      }
      state.saver.requireWritable();
      tokens.set(token.id, token);
      state.saver.record('bulkToken', token.id, token);
    },
    removeBulkToken(id) {
      if (!tokens.has(id)) return;
      state.saver.requireWritable();
      tokens.delete(id);
      state.saver.record('bulkToken', id, undefined);
    },
  };
};
