// Making CMS SignedData (RFC 5652 §5). Every message of a device that signs carries one, so what does not change is encoded once.
import { hash, type KeyObject } from 'node:crypto';
import { protocolError } from '../errors.js';
import { type Digest, digestAlgorithm, signatureAlgorithm, signBytes } from './algorithms.js';
import { readCertificate } from './certificate.js';
import { type Attribute, buildAttribute, buildIssuerAndSerial, contentInfo } from './cms-parts.js';
import { tags } from './der.js';
import { element, integer, octets, oid, sequence, setOf, tagged, time } from './der-build.js';
import { oids } from './oids.js';

export interface CmsSignerOptions {
  /** Default sha256. */
  readonly digest?: Digest;
  /** Certificates (DER) that go along with the signer's own. */
  readonly chain?: readonly Uint8Array[];
}

export interface SignOptions {
  /** Leaves the content out of the message; both sides have it elsewhere. */
  readonly detached?: boolean;
  /** Signed attributes beside contentType, signingTime and messageDigest. */
  readonly attributes?: readonly Attribute[];
}

export interface CmsSigner {
  /** A SignedData over `content` in DER. `undefined` signs no content at all, as SCEP's refusals do (RFC 8894 §3.2.2). */
  sign(content: Uint8Array | undefined, signingTime: Date, options?: SignOptions): Buffer;
}

const nothing = Buffer.alloc(0);

/** A signer for one certificate (DER) and its private key, RSA or EC. Throws X509_MALFORMED for another kind of key. */
export function createCmsSigner(
  certificate: Uint8Array,
  key: KeyObject,
  { digest = 'sha256', chain = [] }: CmsSignerOptions = {},
): CmsSigner {
  const signer = readCertificate(certificate);
  if (key.type !== 'private') throw protocolError('X509_MALFORMED', `a ${key.type} key cannot sign`);
  const head = Buffer.concat([integer(1), setOf(digestAlgorithm(digest))]);
  const detachedContent = sequence(oid(oids.data));
  const certificates = tagged(0, certificate, ...chain);
  const signerHead = Buffer.concat([integer(1), buildIssuerAndSerial(signer), digestAlgorithm(digest)]);
  const algorithm = signatureAlgorithm(key, digest, 'cms');
  const contentType = buildAttribute({ type: oids.contentType, value: oid(oids.data) });

  function built(content: Uint8Array | undefined, varying: Varying, { detached, attributes = [] }: SignOptions) {
    const list = setOf(
      contentType,
      sequence(signingTimeType, element(tags.set, varying.time)),
      sequence(messageDigestType, element(tags.set, octets(varying.digest))),
      ...attributes.map(buildAttribute),
    );
    const signature = signBytes(key, digest, list); // the SET OF is signed ...
    const signedAttributes = Buffer.from(list);
    signedAttributes[0] = 0xa0; // ... and sent as [0] IMPLICIT, RFC 5652 §5.4
    const encapsulated =
      detached || content === undefined ? detachedContent : sequence(oid(oids.data), tagged(0, octets(content)));
    const tail = Buffer.concat([algorithm, octets(signature)]);
    const signerInfo = sequence(signerHead, signedAttributes, tail);
    const body = sequence(head, encapsulated, certificates, element(tags.set, signerInfo));
    const message = contentInfo(oids.signedData, body);
    return { message, list, listAt: message.length - tail.length - list.length, signature };
  }

  // The same message again but for three places, whose lengths an RSA key does not change.
  const isSteady = key.asymmetricKeyType === 'rsa';
  let form: DetachedForm | undefined;
  return {
    sign(content, signingTime, options = {}) {
      const varying = { time: time(signingTime), digest: hash(digest, content ?? nothing, 'buffer') };
      if (!isSteady || options.detached !== true || options.attributes !== undefined)
        return built(content, varying, options).message;
      if (form?.timeLength === varying.time.length) return form.filledIn(varying, key, digest);
      const parts = built(content, varying, options);
      form = new DetachedForm(parts, varying);
      return parts.message;
    },
  };
}

/** What is another in each message of a signer: the time in DER, and the digest of the content. */
interface Varying {
  readonly time: Buffer;
  readonly digest: Buffer;
}

/** A detached message that was made, of which others are copies with another time, digest and signature. */
class DetachedForm {
  readonly timeLength: number;
  readonly #message: Buffer;
  readonly #list: Buffer;
  readonly #listAt: number;
  readonly #timeAt: number;
  readonly #digestAt: number;
  readonly #signatureAt: number;

  constructor(
    { message, list, listAt, signature }: { message: Buffer; list: Buffer; listAt: number; signature: Buffer },
    varying: Varying,
  ) {
    this.timeLength = varying.time.length;
    this.#message = message;
    this.#list = list;
    this.#listAt = listAt;
    this.#timeAt = list.indexOf(varying.time);
    this.#digestAt = list.indexOf(varying.digest);
    this.#signatureAt = message.length - signature.length;
  }

  filledIn(varying: Varying, key: KeyObject, digest: Digest): Buffer {
    const list = this.#list;
    varying.time.copy(list, this.#timeAt);
    varying.digest.copy(list, this.#digestAt);
    const message = Buffer.from(this.#message);
    list.copy(message, this.#listAt + 1, 1); // all but its tag
    signBytes(key, digest, list).copy(message, this.#signatureAt);
    return message;
  }
}

const signingTimeType = oid(oids.signingTime);
const messageDigestType = oid(oids.messageDigest);

/** Certificates alone, without content or signer: the "degenerate" SignedData of SCEP and of certificate bundles. */
export const buildDegenerate = (certificates: readonly Uint8Array[]): Buffer =>
  contentInfo(
    oids.signedData,
    sequence(integer(1), setOf(), sequence(oid(oids.data)), tagged(0, ...certificates), setOf()),
  );
