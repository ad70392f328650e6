import type { SavedLink } from '../../model/state.js';
import { trust, type WindowsData } from './saved.js';

/** What a link remembers, and the one place where that changes. An unchanged memory gives the same SavedLink each time. */
export class WindowsMemory {
  #data: WindowsData;
  #saved: SavedLink | undefined;

  constructor(
    readonly authority: string,
    data: WindowsData,
    /** What `data` was read from: given back as it is for as long as nothing changes. */
    saved?: SavedLink,
  ) {
    this.#data = data;
    this.#saved = saved;
  }

  get data(): WindowsData {
    return this.#data;
  }

  get saved(): SavedLink {
    this.#saved ??= {
      platform: 'windows',
      authority: this.authority,
      origin: new URL(this.#data.account.address).origin,
      data: trust(this.#data),
    };
    return this.#saved;
  }

  /** Replaces the whole, as a roll-back does. `saved`: what of it is stored, where that is known. */
  restore(data: WindowsData, saved?: SavedLink): void {
    if (data === this.#data) return;
    this.#data = data;
    this.#saved = saved;
  }

  change(patch: Partial<WindowsData>): void {
    this.restore({ ...this.#data, ...patch });
  }

  forget(key: 'renewal' | 'alerts' | 'works' | 'rebootAt' | 'signIn' | 'notBefore' | 'channel' | 'leaving'): void {
    if (this.#data[key] === undefined) return;
    const { [key]: _gone, ...rest } = this.#data;
    this.restore(rest);
  }
}
