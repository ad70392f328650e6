// Puts what was planned on the device, and takes off what is not planned any more. What is on disk is the caller's.
import { companionPackage, writeCompanionLine } from '../../../../protocol/headwind/companion.js';
import type { Command, Outcome, Profile } from '../../../../protocol/vocabulary.js';
import { applyHoldings } from '../../holdings.js';
import { noteCommand } from '../apply/told.js';
import type { AndroidContext } from '../context.js';
import { aliasOf, clientPrefix, kindOf, packageOf } from './carriers.js';
import type { Planned } from './draft.js';
import { needsOf } from './networks.js';
import { type Fetched, fetchDue, fetchedProfile, newOrder } from './orders.js';
import type { SavedItem } from './saved.js';
import type { ProfileFailure, ProfilesApplied } from './sources.js';

type Items = Readonly<Record<string, SavedItem>>;

/** Of a certificate whose order has not been answered yet. */
const beingFetched = 'its certificate is being fetched';

export class Installer {
  readonly #context: AndroidContext;
  readonly #failures: ProfileFailure[] = [];
  readonly #lines: string[] = [];
  #changed = 0;

  constructor(context: AndroidContext) {
    this.#context = context;
  }

  get report(): ProfilesApplied {
    return { changed: this.#changed, failures: this.#failures, lines: this.#lines };
  }

  get #items(): Items {
    return this.#context.memory.data.items ?? {};
  }

  /** What is gone goes first, in the other order; then each in its turn, and what needs a certificate that is not there waits. */
  async follow(planned: readonly Planned[], packages: ReadonlySet<string>): Promise<void> {
    const stays = this.#stays(planned, packages);
    const names = new Set([
      ...planned.map(({ name }) => name),
      ...stays.map((carrier) => this.#items[carrier]?.name ?? ''),
    ]);
    const carriers = new Set([...planned.map(({ carrier }) => carrier), ...stays]);
    for (const [carrier, item] of Object.entries(this.#items).reverse()) {
      if (!carriers.has(carrier)) await this.#drop(carrier, item, names);
    }
    for (const each of planned) {
      const { carrier, name, hash } = each;
      const before = this.#items[carrier];
      if (before !== undefined && before.name !== name && !names.has(before.name)) await this.#remove(before.name);
      if (before?.hash !== hash || before.name !== name) await this.#put(each, before);
    }
    await this.settle();
  }

  /**
   * Launcher 6.36 takes off no CA certificate, and sets no empty restrictions for an app whose settings are all gone: there they stay
   * in mode `launcher`; otherwise that is told.
   */
  #stays(planned: readonly Planned[], packages: ReadonlySet<string>): readonly string[] {
    const { manners, device } = this.#context;
    const carriers = new Set(planned.map(({ carrier }) => carrier));
    const gone = Object.keys(this.#items).filter((carrier) => {
      if (carriers.has(carrier)) return false;
      const app = packageOf(carrier);
      return carrier.startsWith('certificates:') || (app !== undefined && !packages.has(app));
    });
    if (manners.mode === 'launcher') return gone;
    for (const about of gone)
      if (packageOf(about) !== companionPackage)
        device.tell({
          type: 'trouble',
          code: 'LAUNCHER_DIFFERS',
          message: about.startsWith('certificates:')
            ? 'launcher 6.36 removes no CA certificate that it has installed'
            : 'launcher 6.36 leaves an app what it was given when the last of its settings is gone',
          about,
        });
    return [];
  }

  async #drop(carrier: string, item: SavedItem, names: ReadonlySet<string>): Promise<void> {
    if (!names.has(item.name)) await this.#remove(item.name);
    const alias = aliasOf(carrier);
    if (alias !== undefined) this.#forgetKey(alias);
    const { [carrier]: _gone, ...items } = this.#items;
    this.#context.memory.change({ items });
  }

  #forgetUnfetched(carrier: string): void {
    const alias = aliasOf(carrier);
    const { identities, orders } = this.#context.memory.data;
    if (alias !== undefined && orders?.[alias] !== undefined && identities?.[alias] === undefined)
      this.#forgetKey(alias);
  }

  #forgetKey(alias: string): void {
    const { memory } = this.#context;
    const { [alias]: _key, ...identities } = memory.data.identities ?? {};
    const { [alias]: _order, ...orders } = memory.data.orders ?? {};
    memory.change({ identities, orders });
  }

  async #put({ carrier, name, owner, hash, content }: Planned, before: SavedItem | undefined): Promise<void> {
    const { memory, ports } = this.#context;
    const item = { name, hash, ...(owner === undefined ? {} : { owner }) };
    switch (content.type) {
      case 'refused':
        // what was there before stays, under its own name; what was never fetched is not asked for any more
        this.#forgetUnfetched(carrier);
        this.#save(carrier, { ...item, name: before?.name ?? name, state: 'failed', reason: content.reason });
        this.#fail(carrier, name, content.reason, false);
        return;
      case 'profile':
        await this.#putProfile(carrier, item, content.profile);
        return;
      case 'identity': {
        const { certificate, chain, privateKey } = content.identity;
        const { ref } = ports.keys.adopt(privateKey);
        const identity = { name, certificate: copy(certificate), chain: chain.map(copy), key: ref };
        const data = memory.data;
        const { [content.alias]: _order, ...orders } = data.orders ?? {};
        memory.change({ identities: { ...data.identities, [content.alias]: identity }, orders });
        if (!(await this.#putProfile(carrier, item, content.profile)))
          memory.change({ identities: data.identities ?? {}, orders: data.orders ?? {} });
        return;
      }
      case 'order':
        memory.change({ orders: { ...memory.data.orders, [content.alias]: newOrder(content.order) } });
        this.#save(carrier, { ...item, state: 'waiting', reason: beingFetched });
    }
  }

  /** False where the device did not take it. */
  async #putProfile(carrier: string, item: Omit<SavedItem, 'state'>, profile: Profile): Promise<boolean> {
    const missing = this.#missing(needsOf(profile));
    if (missing.length > 0) {
      await this.#wait(carrier, item, profile, missing);
      return true;
    }
    const outcome = await this.#carryOut([{ kind: 'install-profile', profile }], profile);
    if (outcome.status === 'done') {
      const { reason: _old, waits: _waited, ...rest } = item;
      const wasBad = this.#items[carrier]?.state === 'waiting' || this.#items[carrier]?.state === 'failed';
      this.#save(carrier, { ...rest, state: 'installed' });
      if (wasBad) this.#lines.push(writeCompanionLine({ name: item.name, status: 'installed' }));
      return true;
    }
    this.#save(carrier, { ...item, state: 'failed', reason: outcome.reason });
    this.#report(carrier, item.name, outcome.reason, outcome.status === 'later');
    return false;
  }

  async #wait(
    carrier: string,
    item: Omit<SavedItem, 'state'>,
    profile: Profile,
    missing: readonly string[],
  ): Promise<void> {
    const reason = `waits for ${missing.map((name) => this.#whyMissing(name)).join(', ')}`;
    await this.#remove(item.name);
    this.#save(carrier, { ...item, state: 'waiting', reason, waits: { profile, for: [...missing] } });
    const isComing = missing.every((name) => this.#itemOf(name)?.reason === beingFetched);
    this.#fail(carrier, item.name, reason, true, isComing);
  }

  #itemOf(name: string): SavedItem | undefined {
    return Object.values(this.#items).find((item) => item.name === name);
  }

  #whyMissing(name: string): string {
    const found = this.#itemOf(name);
    return found?.reason === undefined ? `certificate "${name}"` : `certificate "${name}" (${found.reason})`;
  }

  /** Names of certificates that are not on the device. */
  #missing(needs: readonly string[]): readonly string[] {
    const { holdings } = this.#context.device.state;
    return needs.filter(
      (need) => !holdings.some(({ profile }) => profile.kind === 'certificate' && profile.name === need),
    );
  }

  /** What waits is installed where all is there now; what has lost a certificate waits again. */
  async settle(): Promise<void> {
    for (const [carrier, item] of Object.entries(this.#items)) {
      const { waits } = item;
      if (waits !== undefined) {
        if (this.#missing(waits.for).length === 0) await this.#putProfile(carrier, item, waits.profile);
        continue;
      }
      const held = item.state === 'installed' ? this.#held(item.name) : undefined;
      if (held === undefined) continue;
      const missing = this.#missing(needsOf(held));
      if (missing.length > 0) await this.#wait(carrier, item, held, missing);
    }
  }

  #held(name: string): Profile | undefined {
    return this.#context.device.state.holdings.find(({ profile }) => profile.name === name)?.profile;
  }

  /** Fetches what is due by SCEP; each certificate is saved before the next is asked for. */
  async fetch(): Promise<void> {
    await fetchDue(this.#context, async (fetched) => {
      await this.#fetched(fetched);
      await this.settle();
      await this.#context.save();
    });
  }

  async #fetched({ alias, name, isRenewal, failure }: Fetched): Promise<void> {
    const { memory, device } = this.#context;
    const carrier = `${clientPrefix}${alias}`;
    const item = this.#items[carrier];
    const order = memory.data.orders?.[alias];
    if (item === undefined || order === undefined) return;
    if (failure === undefined) {
      const isTaken = await this.#putProfile(carrier, { ...item, name }, fetchedProfile(order));
      if (isTaken && isRenewal) this.#lines.push(writeCompanionLine({ name, status: 'renewed' }));
      return;
    }
    const { reason, code, hint } = failure;
    if (item.reason === reason) return;
    const isHeld = memory.data.identities?.[alias] !== undefined && this.#held(name) !== undefined;
    this.#save(carrier, { ...item, state: isHeld ? 'installed' : 'waiting', reason });
    device.tell({ type: 'trouble', code, message: reason, hint, about: carrier });
    if (!isHeld) this.#fail(carrier, name, reason, true);
  }

  async #remove(name: string): Promise<void> {
    const held = this.#held(name);
    if (held !== undefined) await this.#carryOut([{ kind: 'remove-profile', name }], held);
  }

  async #carryOut(
    wanted: readonly Extract<Command, { kind: 'install-profile' | 'remove-profile' }>[],
    { kind, name }: Profile,
  ): Promise<Outcome> {
    const { device, apply } = this.#context;
    const change = await applyHoldings(wanted, device.state, apply);
    const outcome: Outcome = 'outcome' in change ? change.outcome : { status: 'done' };
    this.#changed++;
    noteCommand(this.#context, {
      name: wanted[0]?.kind === 'remove-profile' ? `remove ${kind}` : kind,
      about: name,
      status: outcome.status,
      said: outcome.status,
      ...(outcome.status === 'done' ? {} : { reason: outcome.reason }),
      changed: 1,
    });
    return outcome;
  }

  #save(carrier: string, item: SavedItem): void {
    this.#context.memory.change({ items: { ...this.#items, [carrier]: item } });
  }

  /**
   * Told as a command that was not carried out, and to the server by the companion's log. What waits for a certificate that is on its
   * way is no trouble: the command says why it was put off.
   */
  #fail(carrier: string, name: string, reason: string, isLater: boolean, isComing = false): void {
    const said = isLater ? 'later' : 'failed';
    noteCommand(this.#context, { name: kindOf(carrier), about: name, status: said, said, reason });
    this.#report(carrier, name, reason, isLater, isComing);
  }

  #report(carrier: string, name: string, reason: string, isLater: boolean, isComing = false): void {
    this.#failures.push({ carrier, name, reason, isLater });
    this.#lines.push(writeCompanionLine({ name, status: 'failed', reason }));
    if (isComing) return;
    this.#context.device.tell({
      type: 'trouble',
      code: 'HEADWIND_FAILED',
      message: `"${name}": ${reason}`,
      about: carrier,
    });
  }
}

const copy = (bytes: Uint8Array): Uint8Array => Buffer.from(bytes);
