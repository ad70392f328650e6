// The organization's people, as administrators change them.
import { assertFits } from './descriptions.js';
import type { Users } from './interfaces.js';
import type { TenantState } from './state.js';

export const users = ({ directory, saver }: TenantState): Users => ({
  users: () => directory.list(),
  user: (idOrUpn) => directory.find(idOrUpn),
  putUser(user) {
    assertFits('user', user);
    saver.requireWritable();
    directory.put(user);
    saver.record('user', user.id, user);
  },
  removeUser(id) {
    saver.requireWritable();
    if (directory.remove(id)) saver.record('user', id, undefined);
  },
});
