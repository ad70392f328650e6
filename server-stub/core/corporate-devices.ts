// Corporate identifiers as administrators change them (E10, E19, E24).
import { stubError } from '../errors.js';
import type { CorporateIdentifier } from './admission-types.js';
import { identifierKey } from './corporate-index.js';
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
    putCorporateDevice: (identifier) => put(state, [identifier]),
    putCorporateDevices: (identifiers) => put(state, identifiers),
    removeCorporateDevice(id) {
      if (corporate.get(id) === undefined) return;
      state.saver.requireWritable();
      corporate.remove(id);
      state.saver.record('corporate', id, undefined);
    },
  };
};

/** All of them, or none: each is judged before the first is taken. */
function put({ admission, saver }: TenantState, identifiers: readonly CorporateIdentifier[]): void {
  const { corporate } = admission;
  const owners = new Map<string, string>();
  const added = new Set<string>();
  for (const identifier of identifiers) {
    assertFits('corporate', identifier);
    const { id, type, value } = identifier;
    const key = identifierKey(type, value);
    const owner = owners.get(key) ?? corporate.find(type, value)?.id ?? id;
    if (owner !== id) throw stubError('REQUEST_INVALID', `The ${type} ${value} is declared already`);
    owners.set(key, id);
    if (corporate.get(id) === undefined) added.add(id);
  }
  if (added.size > 0 && corporate.size + added.size > mostIdentifiers) {
    throw stubError('REQUEST_INVALID', `A tenant holds ${mostIdentifiers} corporate identifiers at most`);
  }
  saver.requireWritable();
  for (const identifier of identifiers) {
    corporate.put(identifier);
    saver.record('corporate', identifier.id, identifier);
  }
}
