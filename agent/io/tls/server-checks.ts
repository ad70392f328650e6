// Whether a server is trusted: judged once for each certificate, host and set of roots, and by the clock at every connection.
import { hash } from 'node:crypto';
import { asError, type RollcallError } from '../../../base/errors.js';
import { agentError } from '../../errors.js';
import type { ServerRules, ServerTrust } from '../../model/server-rules.js';
import { Anchors, chainTo, endOf, environmentAnchors, type Known, known, publicAnchors, shortName } from './chain.js';
import { type Broken, brokenRules } from './rules.js';

/** What every client asks of a server, where no platform says more. */
const commonRules: ServerRules = {
  name: 'TLS',
  hints: {
    untrusted: 'Give that root with --ca FILE.',
    onlyGiven: 'Have the device trust that root, or take a certificate of a public authority.',
  },
  names: 'san-or-cn',
  keyTypes: ['rsa', 'rsa-pss', 'ec', 'ed25519', 'ed448'],
  minRsaBits: 1024,
  minRsaBitsOfAnchoredLeaf: 1024,
  curves: ['prime256v1', 'secp384r1', 'secp521r1', 'secp224r1', 'secp256k1'],
  weakDigests: ['md2', 'md4', 'md5', 'sha1'],
  longestLife: [],
  usages: { names: ['serverAuth'], public: 'if-present', installed: 'if-present' },
};

/** How a server is to be judged: the platform's way where one is given, else the common one by this clock. */
export function trustOf(server: ServerTrust | undefined, now: () => number): ServerTrust {
  return server ?? { rules: commonRules, roots: () => [], now, isLenient: false, tell: () => {} };
}

/** What a connection presents. */
export interface Presented {
  readonly host: string;
  readonly origin: string;
  /** SHA-256 of the server's own certificate, hexadecimal. */
  readonly fingerprint: string;
  /** What the server sent (DER), its own first; asked for when it is not known yet. */
  readonly sent: () => readonly Uint8Array[];
}

/** What was found of a certificate for a host below some roots; nothing here depends on the time. */
export interface Finding {
  /** No chain: why. */
  readonly untrusted?: { readonly message: string; readonly hint: string };
  /** Whose clock says otherwise is told so: each with its dates. */
  readonly lives: readonly { readonly name: string; readonly notBefore: number; readonly notAfter: number }[];
  readonly broken: readonly Broken[];
  /** The root that `--ca` alone makes trusted. */
  readonly givenRoot?: string;
}

/** Certificates that are remembered: a fleet meets a few servers. */
const mostFindings = 256;
const mostRootSets = 64;

/** Judges servers for all devices of a process. `given`: roots (DER) that the person trusts by hand, beside those of the environment. */
export class ServerChecks {
  readonly #given: Anchors;
  readonly #findings = new Map<string, Finding>();
  readonly #installed = new Map<string, Anchors>();
  readonly #names = new WeakMap<readonly Uint8Array[], string>();
  /** What each device was told already: lifted rules and servers that only `--ca` makes trusted. */
  readonly #told = new WeakMap<ServerTrust, Set<string>>();

  constructor(given: readonly Uint8Array[] = []) {
    this.#given = new Anchors(given, environmentAnchors);
  }

  /** What is to be found of a server; remembered where the server is taken, for what is refused may come with another chain. */
  find(presented: Presented, trust: ServerTrust, pins: readonly Uint8Array[] | undefined): Finding {
    const roots = this.#nameOf(trust.roots());
    const key = [trust.rules.name, presented.host, presented.fingerprint, roots, pins && this.#nameOf(pins)].join(' ');
    const now = trust.now();
    const held = this.#findings.get(key);
    if (held !== undefined && isWithin(held, now)) return held;
    const finding = this.#find(presented, trust, pins, now);
    if (finding.untrusted === undefined && finding.broken.every(({ isLiftable }) => isLiftable)) {
      if (this.#findings.size >= mostFindings) this.#findings.clear();
      this.#findings.set(key, finding);
    }
    return finding;
  }

  /**
   * The refusal, or undefined for a server that is trusted: TLS_UNTRUSTED, TLS_PIN, TLS_EXPIRED and the codes of the rules. Tells
   * what was lifted, and what only `--ca` makes trusted, once for each device and server.
   */
  judge(finding: Finding, presented: Pick<Presented, 'origin' | 'host' | 'fingerprint'>, trust: ServerTrust) {
    const { origin } = presented;
    const { untrusted, lives, broken, givenRoot } = finding;
    const refuse = (code: Broken['code'], message: string, hint: string, more: object = {}): RollcallError =>
      agentError(code, `${origin}: ${message}`, { hint, details: { origin, reason: message, ...more } });
    if (untrusted !== undefined) return refuse('TLS_UNTRUSTED', untrusted.message, untrusted.hint);
    const now = trust.now();
    const outside = trust.ignoresDates
      ? undefined
      : lives.find(({ notBefore, notAfter }) => now < notBefore || now > notAfter);
    if (outside !== undefined) return refuse('TLS_EXPIRED', expiry(outside, now), expiryHint);
    const [grave] = broken.filter(({ isLiftable }) => !isLiftable || !trust.isLenient);
    if (grave !== undefined) {
      const rules = broken.map(({ code }) => code);
      return refuse(grave.code, grave.message, grave.hint, {
        rules,
        also: broken.slice(1).map(({ message }) => message),
      });
    }
    if (broken.length > 0 || givenRoot !== undefined) this.#tell(finding, presented, trust);
    return undefined;
  }

  #tell(
    { broken, givenRoot }: Finding,
    { origin, host, fingerprint }: Pick<Presented, 'origin' | 'host' | 'fingerprint'>,
    trust: ServerTrust,
  ): void {
    const told = this.#told.get(trust) ?? new Set();
    this.#told.set(trust, told);
    const isNew = (what: string): boolean => {
      const name = `${what} ${host} ${fingerprint}`;
      if (told.has(name)) return false;
      told.add(name);
      return true;
    };
    for (const { code, message } of broken)
      if (isNew(code)) trust.tell({ type: 'lifted', lenient: 'tls', code, message: `${origin}: ${message}` });
    if (givenRoot !== undefined && isNew('given'))
      trust.tell({
        type: 'trouble',
        code: 'TLS_UNTRUSTED',
        message: `a real device would not trust ${origin}: only --ca makes its root “${givenRoot}” trusted`,
        hint: trust.rules.hints.onlyGiven,
        about: origin,
      });
  }

  #find(presented: Presented, trust: ServerTrust, pins: readonly Uint8Array[] | undefined, now: number): Finding {
    const { rules } = trust;
    const none = { lives: [], broken: [] };
    const [leafDer, ...others] = presented.sent();
    let leaf: Known;
    try {
      if (leafDer === undefined) throw new Error('the server sent none');
      leaf = known(leafDer);
    } catch (cause) {
      return {
        ...none,
        untrusted: { message: `its certificate cannot be read: ${asError(cause).message}`, hint: malformedHint },
      };
    }
    const sent = others.flatMap((der) => {
      try {
        return [known(der)];
      } catch {
        return []; // what cannot be read helps nobody on the way
      }
    });
    const found = this.#chain(leaf, sent, trust.roots(), now);
    if (found === undefined) return { ...none, untrusted: whyNot(leaf, sent, rules) };
    const { chain, kind } = found;
    if (pins !== undefined && !chain.some(({ x509 }) => pins.some((pin) => x509.raw.equals(pin))))
      return { ...none, broken: [unpinned(pins.length)] };
    const lives = chain.map(({ certificate, x509 }) => ({
      name: shortName(x509.subject ?? ''),
      notBefore: certificate.notBefore.getTime(),
      notAfter: certificate.notAfter.getTime(),
    }));
    const broken = brokenRules({
      host: presented.host,
      chain,
      roots: kind === 'public' ? 'public' : 'installed',
      rules,
    });
    return { lives, broken, ...(kind === 'given' ? { givenRoot: lives.at(-1)?.name ?? '' } : {}) };
  }

  /** A chain of which all is valid now, where there is one; the public roots first, for their rules hold whoever else trusts them. */
  #chain(leaf: Known, sent: readonly Known[], roots: readonly Uint8Array[], now: number) {
    const ways = [
      ['public', publicAnchors],
      ['installed', () => this.#anchorsOf(roots)],
      ['given', () => this.#given],
    ] as const;
    const isValid = ({ certificate }: Known): boolean =>
      now >= certificate.notBefore.getTime() && now <= certificate.notAfter.getTime();
    for (const isUsable of [isValid, () => true]) {
      for (const [kind, anchors] of ways) {
        const chain = chainTo(anchors(), leaf, sent, isUsable);
        if (chain !== undefined) return { kind, chain };
      }
    }
    return undefined;
  }

  /** The same for all devices that judge alike. */
  nameOfTrust(trust: ServerTrust): string {
    return `${trust.rules.name} ${trust.isLenient} ${this.#nameOf(trust.roots())}`;
  }

  /** One set for all devices that trust the same: those of a fleet have one profile. */
  #anchorsOf(roots: readonly Uint8Array[]): Anchors {
    const name = this.#nameOf(roots);
    let anchors = this.#installed.get(name);
    if (anchors === undefined) {
      anchors = new Anchors(roots);
      if (this.#installed.size >= mostRootSets) this.#installed.clear();
      this.#installed.set(name, anchors);
    }
    return anchors;
  }

  #nameOf(ders: readonly Uint8Array[]): string {
    let name = this.#names.get(ders);
    if (name === undefined) {
      name = ders.map((der) => hash('sha256', der, 'base64')).join('');
      this.#names.set(ders, name);
    }
    return name;
  }
}

const isWithin = ({ lives }: Finding, now: number): boolean =>
  lives.every(({ notBefore, notAfter }) => now >= notBefore && now <= notAfter);

const malformedHint = 'Have it issued anew as X.509 (RFC 5280) has it.';
const expiryHint =
  'Renew the certificate, and the authority’s where that has expired. It is the device’s own clock that counts.';

function expiry({ name, notBefore, notAfter }: Finding['lives'][number], now: number): string {
  const [from, until, at] = [notBefore, notAfter, now].map((ms) => new Date(ms).toISOString());
  const which = `the certificate of “${name}” is valid from ${from} to ${until}`;
  return `${which}, and by the device’s clock it is ${at}`;
}

function whyNot(leaf: Known, sent: readonly Known[], { hints }: ServerRules): { message: string; hint: string } {
  const end = endOf(leaf, sent);
  if ('root' in end)
    return {
      message: `the device trusts no root “${end.root}”, which issued the server’s certificate`,
      hint: hints.untrusted,
    };
  return {
    message: `the device knows no authority “${end.missing}”, and the server sends no certificate of it that may issue others`,
    hint: 'Let the server send the certificates of the authorities above its own; and their root must be one that the device trusts, or be given with --ca FILE.',
  };
}

const unpinned = (pins: number): Broken => ({
  code: 'TLS_PIN',
  message: `none of the ${pins} certificates that the profile pins is in its chain`,
  hint: 'The enrollment profile names the certificates that the server may have (ServerURLPinningCertificateUUIDs): renew the profile or put the old certificate back.',
  isLiftable: false,
});
