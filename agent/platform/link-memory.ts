import type { PlatformName } from '../../protocol/vocabulary.js';
import type { SavedLink } from '../model/state.js';

/** What a platform's links are stored as. */
interface LinkForm<D> {
  readonly platform: PlatformName;
  /** Scheme, host and port of the authority. */
  originOf(data: D): string;
  /** Checks data that is about to be stored; `before` was stored, or read. Throws STATE_INVALID. */
  trust(data: D, before?: D): D;
}

/** What a link remembers, and the one place where that changes. An unchanged memory gives the same SavedLink each time. */
export class LinkMemory<D extends object> {
  readonly #form: LinkForm<D>;
  #data: D;
  #saved: SavedLink | undefined;
  /** The data that was stored last, or that this began with. */
  #stored: D;

  constructor(
    form: LinkForm<D>,
    readonly authority: string,
    data: D,
    /** What `data` was read from: given back as it is for as long as nothing changes. */
    saved?: SavedLink,
  ) {
    this.#form = form;
    this.#data = data;
    this.#stored = data;
    this.#saved = saved;
  }

  get data(): D {
    return this.#data;
  }

  get saved(): SavedLink {
    if (this.#saved === undefined) {
      this.#saved = {
        platform: this.#form.platform,
        authority: this.authority,
        origin: this.#form.originOf(this.#data),
        data: this.#form.trust(this.#data, this.#stored),
      };
      this.#stored = this.#data;
    }
    return this.#saved;
  }

  /** Replaces the whole, as a roll-back does. `saved`: what of it is stored, where that is known. */
  restore(data: D, saved?: SavedLink): void {
    if (data === this.#data) return;
    this.#data = data;
    this.#saved = saved;
  }

  change(patch: Partial<D>): void {
    this.restore({ ...this.#data, ...patch });
  }

  /** Leaves out fields that need not be there. */
  forget(key: OptionalKey<D>): void {
    if (this.#data[key] === undefined) return;
    const { [key]: _gone, ...rest } = this.#data;
    this.restore(rest as D);
  }
}

/** The fields that need not be there. */
type OptionalKey<D> = { [K in keyof D]-?: Record<string, never> extends Pick<D, K> ? K : never }[keyof D];
