import type { Clock } from '../../../base/clock.js';
import { anchorTypes } from '../../../protocol/apple-mdm/profile/profile.js';
import type { Happening } from '../../model/happening.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { DeviceView } from '../driver.js';
import type { Memory } from './memory.js';
import type { InstalledProfile } from './saved.js';
import { iosServerRules } from './server-rules.js';

const none: readonly Uint8Array[] = [];
const mostTold = 1000;

/**
 * How a device judges servers: by iOS's rules, its own clock, and the roots that its management brought. One for each device, for
 * as long as it lives, so that what it was told once it is not told again.
 */
export class IosServerTrust implements ServerTrust {
  readonly rules = iosServerRules;
  readonly #device: DeviceView;
  readonly #clock: Clock;
  #memory: Memory | undefined;
  #of: readonly InstalledProfile[] | undefined;
  #roots = none;
  readonly #told = new Set<string>();

  constructor(device: DeviceView, clock: Clock) {
    this.#device = device;
    this.#clock = clock;
  }

  /** From now on the roots of this enrollment's profiles are trusted, as they come and go; of none without one. */
  follow(memory: Memory | undefined): void {
    this.#memory = memory;
  }

  roots(): readonly Uint8Array[] {
    const profiles = this.#memory?.data.profiles;
    if (profiles !== this.#of) {
      this.#of = profiles;
      this.#roots = profiles === undefined ? none : rootsOf(profiles);
    }
    return this.#roots;
  }

  now(): number {
    return this.#clock.now();
  }

  get isLenient(): boolean {
    return this.#device.lenient.has('tls');
  }

  /** Once each: a profile's SCEP server, which is judged by other roots, is often the MDM server itself. */
  tell(happening: Happening): void {
    const what = JSON.stringify(happening);
    if (this.#told.has(what)) return;
    if (this.#told.size >= mostTold) this.#told.clear();
    this.#told.add(what);
    this.#device.tell(happening);
  }
}

/**
 * The certificates that profiles brought without a key. All that a device of ours holds came with its enrollment profile or by its
 * management, and those are trusted in full; one that a person installs by hand would not be (support.apple.com/HT204477).
 */
const rootsOf = (profiles: readonly InstalledProfile[]): readonly Uint8Array[] =>
  profiles.flatMap(({ payloads, certificates }) =>
    certificates.flatMap(({ uuid, der, key }) => {
      const type = payloads.find((payload) => payload.uuid === uuid)?.type;
      return key === undefined && type !== undefined && anchorTypes.includes(type) ? [der] : [];
    }),
  );
