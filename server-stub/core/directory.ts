import type { Authority } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import type { Licence, User } from './types.js';

/** The organisation's people, by id and by user principal name, which is compared without regard to case. */
export class Directory {
  readonly #byId = new Map<string, User>();
  readonly #byUpn = new Map<string, User>();

  list(): readonly User[] {
    return [...this.#byId.values()];
  }

  find(idOrUpn: string): User | undefined {
    return this.#byId.get(idOrUpn) ?? this.#byUpn.get(idOrUpn.toLowerCase());
  }

  /** Throws REQUEST_INVALID when the name belongs to somebody else. */
  put(user: User): void {
    const upn = user.upn.toLowerCase();
    const owner = this.#byUpn.get(upn);
    if (owner !== undefined && owner.id !== user.id) {
      throw stubError('REQUEST_INVALID', `The user principal name ${user.upn} is taken`);
    }
    const before = this.#byId.get(user.id);
    if (before !== undefined) this.#byUpn.delete(before.upn.toLowerCase());
    this.#byId.set(user.id, user);
    this.#byUpn.set(upn, user);
  }

  remove(id: string): boolean {
    const user = this.#byId.get(id);
    if (user === undefined) return false;
    this.#byId.delete(id);
    this.#byUpn.delete(user.upn.toLowerCase());
    return true;
  }
}

const covers: Record<Licence, (authority: Authority) => boolean> = {
  both: () => true,
  intune: (authority) => authority !== 'office365',
  office365: (authority) => authority === 'office365',
  none: () => false,
};

/** E02: may this licence enroll devices under this authority? */
export const isLicensed = (licence: Licence, authority: Authority): boolean => covers[licence](authority);
