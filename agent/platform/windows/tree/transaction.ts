// What is done as one: a command, or an Atomic. Either all of it stands, or nothing does.

import { isDeepStrictEqual } from 'node:util';
import { isRollcallError } from '../../../../base/errors.js';
import { authorityOfPortal } from '../../../../protocol/managing-authority.js';
import { encodeSegment } from '../../../../protocol/syncml/loc-uri.js';
import type { Authority, Profile } from '../../../../protocol/vocabulary.js';
import type { Ports } from '../../../model/ports.js';
import type { Apply, DeviceView } from '../../driver.js';
import { applyHoldings, type HoldingCommand } from '../../holdings.js';
import type { CspContext, Effect, NodeValue, ProfileNode, Refusal } from '../csp/module.js';
import type { WindowsMemory } from '../memory.js';
import type { WindowsData } from '../saved.js';
import { commandOf, inOrder, isAtOnce, undoOf } from './at-once.js';
import type { ModuleIndex } from './modules.js';
import { type Instance, instanceId, type ProfileNames } from './profile-names.js';
import { missing, NodeReader } from './read-node.js';
import { nodeFormats } from './schema.js';
import type { Tree } from './tree.js';
import type { Place } from './tree-schema.js';

/** What a message's commands work with. */
export interface Bench {
  readonly device: DeviceView;
  readonly ports: Ports;
  readonly memory: WindowsMemory;
  readonly apply: Apply;
  readonly signal: AbortSignal;
  readonly tree: Tree;
  readonly modules: ModuleIndex;
  readonly names: ProfileNames;
}

/** A node of the user's while the user who enrolled the device is not signed in. */
export const isUserAbsent = ({ address }: Place, { state }: DeviceView): boolean =>
  address.scope === 'user' && (state.condition.signedIn ?? 'user') !== 'user';

/** Why it does not stand, and by which of its members. */
export interface Failure extends Refusal {
  readonly member: number;
  /** False where the device let something stand that was to be taken back. */
  readonly isUndone: boolean;
}

interface Touched extends Instance {
  readonly before: Profile | undefined;
  /** The member that touched it last. */
  member: number;
}

type Undo = () => Promise<boolean>;

export class Transaction {
  /** Which member is at work, from 0. */
  member = 0;
  readonly context: CspContext;
  readonly #bench: Bench;
  readonly #mark: number;
  readonly #data: WindowsData;
  readonly #effects: { readonly effect: Effect; readonly member: number }[] = [];
  readonly #touched = new Map<string, Touched>();
  #isReading = false;

  constructor(bench: Bench) {
    this.#bench = bench;
    const { tree, device, ports, memory, signal } = bench;
    this.#mark = tree.draft.mark();
    this.#data = memory.data;
    this.context = {
      tree,
      device,
      ports,
      memory,
      signal,
      read: (uri) => this.#get(uri),
      effect: (effect) => void this.#effects.push({ effect, member: this.member }),
    };
    tree.draft.watch = (key) => this.#touch(key);
  }

  /** Puts profiles on the device as the tree has them now, and locks or renames it. What is left of the effects, or why not. */
  async commit(): Promise<readonly Effect[] | Failure> {
    this.#bench.tree.draft.watch = undefined;
    const done: Undo[] = [];
    try {
      const failure = (await this.#install(done)) ?? (await this.#act(done));
      if (failure === undefined) return this.#effects.flatMap(({ effect }) => (isAtOnce(effect) ? [] : [effect]));
      return { ...failure, isUndone: (await this.rollBack(done)) && failure.isUndone };
    } catch (error) {
      await this.rollBack(done);
      if (this.#bench.signal.aborted || !isRollcallError(error)) throw error;
      return { status: 500, reason: error.message, member: this.member, isUndone: true };
    }
  }

  /** Takes back what was done. False where the device let something stand. */
  async rollBack(done: readonly Undo[] = []): Promise<boolean> {
    const { tree, memory } = this.#bench;
    tree.draft.watch = undefined;
    tree.draft.rollBack(this.#mark);
    memory.restore(this.#data);
    for (const each of this.#touched.values()) this.#bench.names.changed(each);
    let isUndone = true;
    for (const undo of [...done].reverse()) isUndone = (await undo()) && isUndone;
    return isUndone;
  }

  /** What a Get of another node would answer. A module that is asked for its value in turn reads no further. */
  #get(uri: string): NodeValue | Refusal {
    const { tree, modules, device } = this.#bench;
    if (this.#isReading) return { status: 500, reason: 'a node was read for another that was read' };
    const place = tree.place(uri);
    if (place === undefined) return missing('there is no such node');
    if (isUserAbsent(place, device))
      return { status: 405, reason: 'the user who enrolled the device is not signed in' };
    this.#isReading = true;
    try {
      const item = new NodeReader(tree, modules, this.context).get(place, uri);
      if ('status' in item) return item;
      const format = nodeFormats.find((each) => each === item.meta?.format) ?? 'chr';
      return { format, value: item.data ?? '' };
    } finally {
      this.#isReading = false;
    }
  }

  /** Reads what an instance came to before it is changed for the first time. */
  #touch(key: string): void {
    for (const instance of this.#bench.modules.instances(key)) {
      const id = instanceId(instance);
      const known = this.#touched.get(id);
      this.#bench.names.changed(instance);
      if (known === undefined) {
        const reading = this.#read(instance);
        const before = typeof reading === 'object' && 'profile' in reading ? reading.profile : undefined;
        this.#touched.set(id, { ...instance, before, member: this.member });
      } else known.member = this.member;
    }
  }

  #read({ profile, key }: Instance): ReturnType<ProfileNode['read']> {
    const { tree } = this.#bench;
    const place = tree.place(key);
    return place === undefined || !tree.exists(place) ? 'incomplete' : profile.read(place.address, tree, this.context);
  }

  async #install(done: Undo[]): Promise<Failure | undefined> {
    const { device, apply } = this.#bench;
    const held = new Map(device.state.holdings.map(({ profile, authority }) => [profile.name, authority]));
    const owner = this.#owner;
    const wanted: { readonly command: HoldingCommand; readonly member: number }[] = [];
    const gone: { readonly name: string; readonly member: number }[] = [];
    const names = new Set<string>();
    for (const touched of this.#touched.values()) {
      const { before, member } = touched;
      this.member = member;
      const reading = this.#read(touched);
      if (typeof reading === 'object' && 'status' in reading) return { ...reading, member, isUndone: true };
      const after = reading === 'incomplete' ? undefined : reading.profile;
      if (after !== undefined) names.add(after.name);
      const isOfAnother = owner !== undefined && after !== undefined && held.get(after.name) !== owner;
      if (after !== undefined && (!held.has(after.name) || isOfAnother || !isDeepStrictEqual(before, after)))
        wanted.push({ command: { kind: 'install-profile', profile: after }, member });
      if (before !== undefined && before.name !== after?.name) gone.push({ name: before.name, member });
    }
    const removals = gone
      .filter(({ name }) => !names.has(name))
      .map(({ name, member }) => ({ command: this.#without(name), member }));
    const all = [...removals, ...wanted];
    if (all.length === 0) return undefined;
    const change = await applyHoldings(
      all.map(({ command }) => command),
      device.state,
      apply,
      { owner },
    );
    if ('undo' in change) {
      done.push(change.undo);
      return undefined;
    }
    const member = all.find(({ command }) => command === change.command)?.member ?? this.member;
    return { status: 500, reason: change.outcome.reason, member, isUndone: change.isUndone };
  }

  /** Whoever manages the device now: a node does not say whose it is, so that it is theirs who wrote it last. */
  get #owner(): Authority | undefined {
    const { tree, memory } = this.#bench;
    const provider = encodeSegment(memory.data.account.providerId);
    return authorityOfPortal(tree.value(`./Device/Vendor/MSFT/DMClient/Provider/${provider}/HelpWebsite`));
  }

  /** What is left of a name that an instance gave up: another instance may have it too, such as a network of the user. */
  #without(name: string): HoldingCommand {
    const { modules, tree, names } = this.#bench;
    const all = () => modules.written(tree.draft);
    for (const instance of names.of(name, all, (each) => this.#read(each))) {
      const reading = this.#read(instance);
      if (typeof reading === 'object' && 'profile' in reading && reading.profile.name === name)
        return { kind: 'install-profile', profile: reading.profile };
    }
    return { kind: 'remove-profile', name };
  }

  /** What the device does at once. What cannot be taken back comes last. */
  async #act(done: Undo[]): Promise<Failure | undefined> {
    const { device, apply, ports } = this.#bench;
    for (const { effect, member } of inOrder(this.#effects)) {
      const command = commandOf(effect, device.state, ports.clock.now());
      if (command === undefined) continue;
      this.member = member;
      const back = undoOf(effect, device.state);
      const outcome = await apply(command);
      if (outcome.status !== 'done') return { status: 500, reason: outcome.reason, member, isUndone: true };
      done.push(async () => back !== undefined && (await apply(back)).status === 'done');
    }
    return undefined;
  }
}
