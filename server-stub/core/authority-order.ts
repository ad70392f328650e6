// Which changes of who manages the tenant there are (A2, A3, A18, C1, B2): asked by the change and by its dry run.
import { type Authority, authorities as names } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import { covers } from './products.js';
import type { TenantState } from './state.js';

type Asked = Pick<TenantState, 'authority' | 'coexistence' | 'licences' | 'directory'>;

/**
 * Whether the authority would change if it were set to this one: not where it is so already. Throws AUTHORITY_FORBIDDEN where no
 * tenant may (A3: unknown; A18: sccm), CONFLICT where this one may not: coexistence has no end.
 */
export function wouldSet({ authority, coexistence }: Asked, to: Authority): boolean {
  if (to === 'unknown' || !Object.hasOwn(names, to)) {
    throw stubError(
      'AUTHORITY_FORBIDDEN',
      `The authority cannot be set to "${to}": once set, it is never unknown again`,
    );
  }
  if (to === 'sccm') {
    throw stubError(
      'AUTHORITY_FORBIDDEN',
      'The authority cannot be set to "sccm": the legacy hybrid state can be left, and not be entered',
    );
  }
  if (coexistence) {
    throw stubError('CONFLICT', `Basic Mobility and Security beside intune has no end: ${to} alone cannot be set`, {
      hint: 'Licences decide user by user which of the two manages.',
    });
  }
  return to !== authority;
}

/**
 * Whether adding intune would change anything: not where it was added already. Throws CONFLICT where the authority is not office365,
 * REQUEST_INVALID where the tenant has no licence that includes intune, neither bought nor assigned (C7). `added`: part numbers that
 * would be assigned with it.
 */
export function wouldCoexist(state: Asked, added: readonly string[] = []): boolean {
  const { authority, coexistence } = state;
  if (coexistence) return false;
  if (authority !== 'office365') {
    throw stubError('CONFLICT', `Intune is added to an authority of office365, and the authority is ${authority}`);
  }
  if (!covers(added, 'intune') && !hasIntune(state)) {
    throw stubError('REQUEST_INVALID', 'Coexistence needs a licence that includes Intune, and the tenant has none', {
      hint: 'Buy or assign one: INTUNE_A, EMS or SPB.',
    });
  }
  return true;
}

/** Bought, or assigned to somebody. */
function hasIntune({ licences, directory }: Asked): boolean {
  for (const [sku, bought] of licences) if (bought > 0 && covers([sku], 'intune')) return true;
  return [...directory.groups(), ...directory.list()].some(({ products }) => covers(products, 'intune'));
}
