// Each setting of a document by its carrier: what the readers of one kind write into.
import { hash } from 'node:crypto';
import { companionPackage, readCompanion } from '../../../../protocol/app-config/companion.js';
import { type Label, readLabels } from '../../../../protocol/headwind/labels.js';
import type { CertificateProfile, Profile } from '../../../../protocol/vocabulary.js';
import type { Pkcs12 } from '../../../../protocol/x509/pkcs12.js';
import type { OrderedCertificate } from './orders.js';
import type { ProfileSources } from './sources.js';

/** What one setting comes to. */
export type PlannedContent =
  /** `needs`: names of the certificates without which it is not installed. */
  | { readonly type: 'profile'; readonly profile: Profile; readonly needs: readonly string[] }
  | {
      readonly type: 'identity';
      readonly alias: string;
      readonly profile: CertificateProfile;
      readonly identity: Pkcs12;
    }
  | { readonly type: 'order'; readonly alias: string; readonly order: OrderedCertificate }
  | { readonly type: 'refused'; readonly reason: string };

/** One setting of the document. */
export interface Planned {
  readonly carrier: string;
  readonly name: string;
  readonly owner?: string;
  /** Of all that it is made of. */
  readonly hash: string;
  readonly content: PlannedContent;
}

/** A finding that is told once for each document. */
interface PlanFinding {
  readonly code: 'HEADWIND_IGNORED' | 'HEADWIND_FAILED' | 'LAUNCHER_DIFFERS';
  readonly message: string;
  readonly about: string;
}

export const hashOf = (...parts: readonly unknown[]): string => hashOfText(JSON.stringify(withoutBytes(parts)));

/** The same of parts without bytes among them, which is much cheaper. */
export const hashOfPlain = (...parts: readonly JsonLike[]): string => hashOfText(JSON.stringify(parts));

/** What JSON says as it is. */
type JsonLike = string | number | boolean | null | readonly JsonLike[] | { readonly [key: string]: JsonLike };

const hashOfText = (text: string): string => hash('sha256', text, 'base64').slice(0, 16);

/** Bytes that stand in several places are digested once. */
const digests = new WeakMap<Uint8Array, string>();

export function digestOf(bytes: Uint8Array): string {
  const known = digests.get(bytes);
  if (known !== undefined) return known;
  const digest = hash('sha256', bytes, 'base64');
  digests.set(bytes, digest);
  return digest;
}

/** The same with digests for bytes. A replacer of JSON.stringify would be called for each key, and of a Buffer too late. */
function withoutBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return digestOf(value);
  if (Array.isArray(value)) return value.map(withoutBytes);
  if (typeof Reflect.get(value, 'toJSON') === 'function') return value;
  const entries = Object.entries(value);
  if (Object.hasOwn(value, '__proto__')) return entries.map(([key, member]) => [key, withoutBytes(member)]);
  const plain: Record<string, unknown> = {};
  for (const [key, member] of entries) plain[key] = withoutBytes(member);
  return plain;
}

/** What the readers of one kind of carrier write into. */
export class Draft {
  readonly planned: Planned[] = [];
  readonly findings: PlanFinding[] = [];
  /** Names of certificate profiles by alias of the key store. */
  readonly aliases = new Map<string, string>();
  /** Authorities that the document installs. */
  readonly authorities: { readonly name: string; readonly der: Uint8Array }[] = [];
  readonly #labels: ReadonlyMap<string, Label>;
  readonly #names = new Set<string>();
  /** The number that the next of a name gets, where it is taken. */
  readonly #numbers = new Map<string, number>();
  readonly #carriers = new Set<string>();
  #companion: ReturnType<typeof readCompanion> | undefined;
  /** Names that labels give are given to nothing else. */
  readonly #reserved: ReadonlySet<string>;

  constructor(readonly sources: ProfileSources) {
    const labels = readLabels(sources.configuration.applicationSettings);
    this.#labels = new Map(labels.map((label) => [label.carrier, label]));
    this.#reserved = new Set(labels.map(({ name }) => name));
  }

  /** What the companion app was given (by convention); undefined where it was given nothing. Read once for all that is made of it. */
  get companion(): ReturnType<typeof readCompanion> | undefined {
    const bundle = this.sources.bundles.get(companionPackage);
    if (bundle !== undefined) this.#companion ??= readCompanion(bundle);
    return this.#companion;
  }

  /** Carriers of the labels that begin so. */
  labelled(prefix: string): readonly string[] {
    return [...this.#labels.keys()].filter((carrier) => carrier.startsWith(prefix));
  }

  /** A name that nothing else of the document has: the label's, or one that is derived. */
  name(carrier: string, derived: string): string {
    const labelled = this.#labels.get(carrier)?.name;
    const wanted = (labelled ?? (derived === '' ? carrier : derived)).slice(0, longestName);
    const isTaken = (name: string) => this.#names.has(name) || (name !== labelled && this.#reserved.has(name));
    let name = wanted;
    let number = this.#numbers.get(wanted) ?? 2;
    while (isTaken(name)) name = `${wanted} (${number++})`;
    if (number > 2) this.#numbers.set(wanted, number);
    this.#names.add(name);
    return name;
  }

  add(carrier: string, name: string, of: readonly unknown[], content: PlannedContent): void {
    if (this.planned.length >= mostItems || this.#carriers.has(carrier)) return;
    this.#carriers.add(carrier);
    const owner = this.#labels.get(carrier)?.authority;
    const named = { carrier, name, ...(owner === undefined ? {} : { owner }) };
    this.planned.push({ ...named, hash: hashOf(name, ...of), content });
  }

  /** The certificate profile of an alias; one that nothing brings is called by its alias. */
  certificate(alias: string): string {
    return this.aliases.get(alias) ?? alias;
  }
}

const longestName = 500;
const mostItems = 1000;
