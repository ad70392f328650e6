// Corporate identifiers as administrators change them (E10, E19, E24).
import { stubError } from '../errors.js';
import { assertFits } from './descriptions.js';
import type { CorporateDevices } from './interfaces.js';
import type { TenantState } from './state.js';

/** Identifiers a tenant may have. */
const mostIdentifiers = 1_000_000;

export const corporateDevices = (state: TenantState): CorporateDevices => {
  const { corporate } = state.admission;
  return {
    corporateDevices: () => corporate.list(),
    corporateDevice: (id) => corporate.get(id),
    findCorporateDevice: (type, value) => corporate.find(type, value),
    putCorporateDevice(identifier) {
      assertFits('corporate', identifier);
      const { id, type, value } = identifier;
      const known = corporate.find(type, value);
      if (known !== undefined && known.id !== id) {
        throw stubError('REQUEST_INVALID', `The ${type} ${value} is declared already`);
      }
      if (corporate.get(id) === undefined && corporate.size >= mostIdentifiers) {
        throw stubError('REQUEST_INVALID', `A tenant holds ${mostIdentifiers} corporate identifiers at most`);
      }
      state.saver.requireWritable();
      corporate.put(identifier);
      state.saver.record('corporate', id, identifier);
    },
    removeCorporateDevice(id) {
      if (corporate.get(id) === undefined) return;
      state.saver.requireWritable();
      corporate.remove(id);
      state.saver.record('corporate', id, undefined);
    },
  };
};
