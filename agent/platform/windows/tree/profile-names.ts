// Which instances of profile nodes have come to a profile of which name. Kept for one message, so that a message which removes
// thousands of profiles reads each document once and not once for each removal.
import type { ProfileNode, ProfileReading } from '../csp/module.js';

export interface Instance {
  readonly profile: ProfileNode;
  /** Key of the instance's node. */
  readonly key: string;
}

type Read = (instance: Instance) => ProfileReading;

export const instanceId = ({ profile, key }: Instance): string => `${profile.at} ${key}`;

export class ProfileNames {
  readonly #names = new Map<string, string>();
  readonly #byName = new Map<string, Map<string, Instance>>();
  /** To be read before the next answer; undefined: nothing has been read yet. */
  #stale: Map<string, Instance> | undefined;

  /** What the instance comes to may be another one now. */
  changed(instance: Instance): void {
    this.#stale?.set(instanceId(instance), instance);
  }

  /** Instances that came to a profile of this name. `all`: every instance that is written, asked for once. */
  of(name: string, all: () => Iterable<Instance>, read: Read): readonly Instance[] {
    this.#stale ??= new Map([...all()].map((each) => [instanceId(each), each]));
    for (const [id, instance] of this.#stale) this.#note(id, instance, read(instance));
    this.#stale.clear();
    return [...(this.#byName.get(name)?.values() ?? [])];
  }

  #note(id: string, instance: Instance, reading: ProfileReading): void {
    const before = this.#names.get(id);
    if (before !== undefined) this.#byName.get(before)?.delete(id);
    if (typeof reading !== 'object' || !('profile' in reading)) {
      this.#names.delete(id);
      return;
    }
    const { name } = reading.profile;
    this.#names.set(id, name);
    const same = this.#byName.get(name) ?? new Map<string, Instance>();
    this.#byName.set(name, same.set(id, instance));
  }
}
