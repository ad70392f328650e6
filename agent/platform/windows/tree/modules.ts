// Which module has a say about a node: found by addresses alone.
import type { CspModule, ProfileNode } from '../csp/module.js';
import type { TreeDraft } from './draft.js';
import type { Place, TreeSchema } from './tree-schema.js';

/** A profile node, and the keys of its instances: how many names they have, and which of them are fixed. */
interface Pattern {
  readonly profile: ProfileNode;
  readonly segments: readonly (string | undefined)[];
}

export class ModuleIndex {
  readonly #byRoot = new Map<string, CspModule[]>();
  readonly #patterns: readonly Pattern[];

  /** Throws a TypeError for a root or a profile node that the schema does not have: lists are code of ours. */
  constructor(schema: TreeSchema, modules: readonly CspModule[]) {
    const find = (uri: string): Place => {
      const place = schema.at(withDevice(uri).split('/').slice(1));
      if (place === undefined) throw new TypeError(`a module is about ${uri}, which no tree has`);
      return place;
    };
    for (const module of modules)
      for (const root of module.roots) {
        const { key } = find(root);
        this.#byRoot.set(key, [...(this.#byRoot.get(key) ?? []), module]);
      }
    this.#patterns = modules.flatMap(({ profiles = [] }) =>
      profiles.map((profile) => {
        const { path } = find(profile.at);
        const segments = path.map(({ node, key }) =>
          node.isDynamic ? undefined : key.slice(key.lastIndexOf('/') + 1),
        );
        return { profile, segments };
      }),
    );
  }

  /** Modules of the roots above a node or at it, the nearest first. */
  of({ path }: Pick<Place, 'path'>): readonly CspModule[] {
    if (this.#byRoot.size === 0) return [];
    return [...path].reverse().flatMap(({ key }) => this.#byRoot.get(key) ?? []);
  }

  /** Of a root; undefined where no module has it. */
  at(root: string, schema: TreeSchema): CspModule | undefined {
    const key = schema.find(root)?.key;
    return key === undefined ? undefined : this.#byRoot.get(key)?.[0];
  }

  /** All instances of profile nodes that were written. */
  *written(draft: TreeDraft): Generator<{ readonly profile: ProfileNode; readonly key: string }> {
    for (const { profile, segments } of this.#patterns) {
      let keys: readonly string[] = ['.'];
      for (const segment of segments)
        keys = keys.flatMap((key) =>
          segment === undefined ? [...draft.below(key)] : draft.has(`${key}/${segment}`) ? [`${key}/${segment}`] : [],
        );
      for (const key of keys) yield { profile, key };
    }
  }

  /** Instances of profile nodes that a key belongs to, with their own keys. */
  instances(key: string): readonly { readonly profile: ProfileNode; readonly key: string }[] {
    const segments = key.split('/').slice(1);
    return this.#patterns.flatMap((pattern) => {
      const length = pattern.segments.length;
      const isIn =
        segments.length >= length && pattern.segments.every((each, at) => each === undefined || each === segments[at]);
      return isIn ? [{ profile: pattern.profile, key: `./${segments.slice(0, length).join('/')}` }] : [];
    });
  }
}

const withDevice = (uri: string): string => uri.replace(/^\.\/Vendor\//, './Device/Vendor/');

const indexes = new WeakMap<TreeSchema, WeakMap<readonly CspModule[], ModuleIndex>>();

/** The index of these modules in this schema, made once: each session has an engine of its own. Throws as the constructor does. */
export function moduleIndexOf(schema: TreeSchema, modules: readonly CspModule[]): ModuleIndex {
  const ofSchema = indexes.get(schema) ?? new WeakMap<readonly CspModule[], ModuleIndex>();
  indexes.set(schema, ofSchema);
  const index = ofSchema.get(modules) ?? new ModuleIndex(schema, modules);
  ofSchema.set(modules, index);
  return index;
}
