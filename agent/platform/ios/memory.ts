import type { SavedLink } from '../../model/state.js';
import { type IosData, trust } from './saved.js';

/** What a link remembers, and the one place where that changes. An unchanged memory gives the same SavedLink each time. */
export class Memory {
  #data: IosData;
  #saved: SavedLink | undefined;

  constructor(
    readonly authority: string,
    data: IosData,
    /** What `data` was read from: given back as it is for as long as nothing changes. */
    saved?: SavedLink,
  ) {
    this.#data = data;
    this.#saved = saved;
  }

  get data(): IosData {
    return this.#data;
  }

  get saved(): SavedLink {
    this.#saved ??= {
      platform: 'ios',
      authority: this.authority,
      origin: new URL(this.#data.management.serverUrl).origin,
      data: trust(this.#data),
    };
    return this.#saved;
  }

  /** Replaces the whole, as a roll-back does. `saved`: what of it is stored, where that is known. */
  restore(data: IosData, saved?: SavedLink): void {
    if (data === this.#data) return;
    this.#data = data;
    this.#saved = saved;
  }

  change(patch: Partial<IosData>): void {
    this.restore({ ...this.#data, ...patch });
  }

  forget(key: 'unsent' | 'update' | 'owes' | 'awaitingConfiguration'): void {
    if (this.#data[key] === undefined) return;
    const { [key]: _gone, ...rest } = this.#data;
    this.restore(rest);
  }
}
