// The organization's people, as administrators change them.
import type { Users } from './interfaces.js';
import { putUser, removeUser } from './people.js';
import type { TenantState } from './state.js';

export const users = (state: TenantState): Users => ({
  users: () => state.directory.list(),
  user: (idOrUpn) => state.directory.find(idOrUpn),
  putUser: (user, by = 'administrator') => putUser(state, user, by),
  removeUser: (id, by = 'administrator') => removeUser(state, id, by),
});
