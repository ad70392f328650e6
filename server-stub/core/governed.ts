// Who manages a user's devices, asked of the live tenant.
import type { Authority } from '../../protocol/vocabulary.js';
import { type Governed, managerOf } from './manager.js';
import type { TenantState } from './state.js';
import type { User } from './types.js';

/** What of this user decides who manages. Somebody whom the directory does not know any more has nothing. */
export function governed(state: TenantState, user: User | undefined): Governed {
  if (user === undefined) return { products: [], isComanaged: false };
  return {
    products: state.directory.productsOf(user),
    isComanaged: state.comanagement.isComanaged(user.id),
  };
}

/** The authority that manages this user's devices from their next session on. The user is looked up only where that decides. */
export function managerOfUser(state: TenantState, userId: string): Authority {
  let found: Governed | undefined;
  const user = (): Governed => {
    found ??= governed(state, state.directory.find(userId));
    return found;
  };
  return managerOf(state, {
    get products() {
      return user().products;
    },
    get isComanaged() {
      return user().isComanaged;
    },
  });
}
