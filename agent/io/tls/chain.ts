// The way from a server's certificate to a root that is trusted, with every signature on it checked.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { type Certificate, readCertificate } from '../../../protocol/x509/certificate.js';
import { readPem } from '../../../protocol/x509/pem.js';

/** A certificate as our reader has it, and as OpenSSL does, which knows every signature that is met. */
export interface Known {
  readonly certificate: Certificate;
  readonly x509: X509Certificate;
}

/** Throws X509_MALFORMED, or what OpenSSL throws. */
export const known = (der: Uint8Array): Known => ({
  certificate: readCertificate(der),
  x509: new X509Certificate(der),
});

/** The certificates (DER) of a PEM text, whatever else stands in it. Throws X509_MALFORMED where there is no PEM. */
export const certificatesOf = (pem: string): Buffer[] =>
  readPem(pem).flatMap(({ label, der }) => (label === 'CERTIFICATE' ? [der] : []));

/** How names are compared: as text, without letter case, for an authority may write its own in two ways. */
const nameKey = (name: string): string => name.toLowerCase().replace(/ +/g, ' ');

/** True when the key of `issuer` signed `subject`. */
function hasSigned(issuer: Known, subject: Known): boolean {
  try {
    return subject.x509.verify(issuer.x509.publicKey);
  } catch {
    return false; // a key that this program cannot read
  }
}

export const isSelfSigned = (each: Known): boolean =>
  nameKey(each.x509.subject) === nameKey(each.x509.issuer) && hasSigned(each, each);

/** One of the certificates to which a chain may lead; read, and its signature checked, when a chain comes by. */
class Anchor {
  readonly #x509: X509Certificate;
  #known: Known | 'unreadable' | undefined;
  #isRoot: boolean | undefined;

  constructor(x509: X509Certificate) {
    this.#x509 = x509;
  }

  /** Undefined where our reader cannot read it: such a root trusts nothing. */
  get known(): Known | undefined {
    this.#known ??= this.#read();
    return this.#known === 'unreadable' ? undefined : this.#known;
  }

  get isRoot(): boolean {
    const { known: read } = this;
    this.#isRoot ??= read !== undefined && isSelfSigned(read);
    return this.#isRoot;
  }

  #read(): Known | 'unreadable' {
    try {
      return { certificate: readCertificate(this.#x509.raw), x509: this.#x509 };
    } catch {
      return 'unreadable';
    }
  }
}

/**
 * Certificates to which a chain may lead, by name; what is not signed by itself helps on the way, and is no end of it. There are
 * hundreds of public ones, of which a process meets a few.
 */
export class Anchors {
  readonly #ders: readonly Uint8Array[];
  readonly #others: (() => Anchors) | undefined;
  #bySubject: ReadonlyMap<string, readonly Anchor[]> | undefined;
  readonly size: number;

  /** `others`: more of them, which are shared with other sets. All are read when a chain comes by that asks for them. */
  constructor(ders: readonly Uint8Array[], others?: () => Anchors) {
    this.#ders = ders;
    this.#others = others;
    this.size = ders.length;
  }

  /** True for a root that is trusted. */
  holds({ x509 }: Known): boolean {
    const named = this.#of(nameKey(x509.subject));
    return named.some((each) => each.known?.x509.raw.equals(x509.raw) === true && each.isRoot);
  }

  named(name: string): readonly Known[] {
    return this.#of(name).flatMap((each) => each.known ?? []);
  }

  #of(name: string): readonly Anchor[] {
    this.#bySubject ??= anchorsBySubject(this.#ders);
    const own = this.#bySubject.get(name) ?? [];
    return this.#others === undefined ? own : [...own, ...this.#others().#of(name)];
  }
}

function anchorsBySubject(ders: readonly Uint8Array[]): ReadonlyMap<string, readonly Anchor[]> {
  const bySubject = new Map<string, Anchor[]>();
  for (const der of ders) {
    const x509 = x509OrNothing(der);
    if (x509 === undefined) continue;
    const key = nameKey(x509.subject);
    const named = bySubject.get(key);
    if (named === undefined) bySubject.set(key, [new Anchor(x509)]);
    else named.push(new Anchor(x509));
  }
  return bySubject;
}

function x509OrNothing(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

let publicRoots: Anchors | undefined;
/** The roots that Node carries, which are Mozilla's; read when first asked for. */
export function publicAnchors(): Anchors {
  publicRoots ??= new Anchors(rootCertificates.flatMap(certificatesOf));
  return publicRoots;
}

let environmentRoots: { readonly file: string; readonly anchors: Anchors } | undefined;
/**
 * What the environment trusts for every program of Node's: NODE_EXTRA_CA_CERTS, of which Node itself tells what is wrong. Read once,
 * as Node does: there may be hundreds.
 */
export function environmentAnchors(): Anchors {
  const file = process.env['NODE_EXTRA_CA_CERTS'] ?? '';
  if (environmentRoots?.file !== file) environmentRoots = { file, anchors: new Anchors(certificatesIn(file)) };
  return environmentRoots.anchors;
}

function certificatesIn(file: string): readonly Buffer[] {
  if (file === '') return [];
  try {
    return certificatesOf(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}

/** Longest chain, and how many signatures are looked at for one server: what a stranger sends is bounded. */
const longest = 10;
const mostSignatures = 64;

/** The chain, the server's certificate first and the root last, of certificates that are usable; undefined where there is none to these roots. */
export function chainTo(
  anchors: Anchors,
  leaf: Known,
  sent: readonly Known[],
  isUsable: (each: Known) => boolean = () => true,
): readonly Known[] | undefined {
  let left = mostSignatures;

  function from(path: readonly Known[]): readonly Known[] | undefined {
    const last = path.at(-1);
    if (last === undefined) return undefined;
    if (anchors.holds(last)) return path;
    if (path.length === longest) return undefined;
    const name = nameKey(last.x509.issuer);
    const others = sent.filter((each) => nameKey(each.x509.subject) === name);
    for (const issuer of [...anchors.named(name), ...others]) {
      if (path.some((each) => each.x509.fingerprint256 === issuer.x509.fingerprint256)) continue;
      if (left-- <= 0) return undefined;
      const found = isUsable(issuer) && hasSigned(issuer, last) ? from([...path, issuer]) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  return isUsable(leaf) ? from([leaf]) : undefined;
}

/** Where the certificates that were sent end: the name of the issuer that is missing, or the root that is not trusted. */
export function endOf(leaf: Known, sent: readonly Known[]): { readonly missing: string } | { readonly root: string } {
  let at = leaf;
  for (let step = 0; step < longest; step++) {
    if (isSelfSigned(at)) return { root: shortName(at.x509.subject) };
    const below = at;
    const next = sent.find(
      (each) => nameKey(each.x509.subject) === nameKey(below.x509.issuer) && hasSigned(each, below),
    );
    if (next === undefined) break;
    at = next;
  }
  return { missing: shortName(at.x509.issuer) };
}

/** The common name, or all of it on one line. */
export function shortName(name: string): string {
  const common = /^CN=(.*)$/m.exec(name)?.[1];
  return (common ?? name.replaceAll('\n', ', ')).slice(0, 200);
}
