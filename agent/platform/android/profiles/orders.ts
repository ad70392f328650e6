// Certificates that the companion fetches by SCEP: once the document is applied, again where that failed, and before they expire.
import { isRollcallError, type RollcallError } from '../../../../base/errors.js';
import type { ScepCertificate } from '../../../../protocol/app-config/companion.js';
import { usualRenewalMs } from '../../../../protocol/headwind/companion.js';
import type { ScepSettings } from '../../../../protocol/scep/settings.js';
import type { CertificateProfile } from '../../../../protocol/vocabulary.js';
import { readCertificate } from '../../../../protocol/x509/certificate.js';
import { type Issued, type PendingRequest, requestCertificate } from '../../../scep/client.js';
import { exponentialPause } from '../../schedule.js';
import type { AndroidContext } from '../context.js';
import type { AndroidData } from '../saved.js';
import { androidScepRules, dalvik } from '../scep-rules.js';
import type { SavedIdentity, SavedOrder } from './saved.js';

/** What is asked for, under the name of its profile. */
export type OrderedCertificate = Omit<ScepCertificate, 'type' | 'alias'>;

/** After so many failures it is tried once a day, by convention; an unreachable server and a pending request at these pauses. */
const mostTries = 5;
const pauses = { firstPauseMs: 60_000, longestPauseMs: 3_600_000 };
const dayMs = 86_400_000;
/** Certificates that one check-in fetches. */
const mostAtOnce = 100;

/** The order of a document, not yet asked for. */
export const newOrder = (order: OrderedCertificate): SavedOrder => ({
  name: order.name,
  url: order.url,
  subject: order.subject.map((rdn) => rdn.map(([type, value]): [string, string] => [type, value])),
  keySizeBits: order.keySizeBits,
  ...(order.challenge === undefined ? {} : { challenge: order.challenge }),
  ...(order.caName === undefined ? {} : { caName: order.caName }),
  ...(order.caFingerprint === undefined ? {} : { caFingerprint: own(order.caFingerprint) }),
  ...(order.renewBeforeSeconds === undefined ? {} : { renewBeforeSeconds: order.renewBeforeSeconds }),
  tries: 0,
});

/** The first moment after `after` at which a certificate is fetched or renewed; of those that are overdue none is told. */
export function nextProfileWork({ orders }: Pick<AndroidData, 'orders'>, after: number): number | undefined {
  const moments = Object.values(orders ?? {}).flatMap(({ at }) => (at !== undefined && at > after ? [at] : []));
  return moments.length === 0 ? undefined : Math.min(...moments);
}

export const isDue = ({ orders }: Pick<AndroidData, 'orders'>, now: number): boolean =>
  Object.values(orders ?? {}).some(({ at }) => at === undefined || at <= now);

/** What came of one order. */
export interface Fetched {
  readonly alias: string;
  readonly name: string;
  /** It takes the place of one that was fetched before. */
  readonly isRenewal: boolean;
  /** Absent: it is in the key store. */
  readonly failure?: { readonly reason: string; readonly code: string; readonly hint: string };
}

/**
 * Asks for what is due, one after the other; each that came is in the memory when `each` is called. Throws INTERRUPTED, STATE_UNSAVED
 * and what is a bug.
 */
export async function fetchDue(context: AndroidContext, each: (fetched: Fetched) => Promise<void>): Promise<void> {
  const { memory, ports, signal } = context;
  const now = ports.clock.now();
  const due = Object.entries(memory.data.orders ?? {})
    .filter(([, { at }]) => at === undefined || at <= now)
    .slice(0, mostAtOnce);
  for (const [alias, order] of due) {
    signal.throwIfAborted();
    await each(await fetchOne(context, alias, order));
  }
}

async function fetchOne(context: AndroidContext, alias: string, order: SavedOrder): Promise<Fetched> {
  const { signal } = context;
  const { name, isRenewal = false } = order;
  let pending: PendingRequest | undefined = order.pending;
  try {
    const issued = await issuedFor(context, alias, order, (left) => {
      pending = left;
    });
    keep(context, alias, order, issued);
    return { alias, name, isRenewal };
  } catch (error) {
    if (signal.aborted || !isRollcallError(error) || error.code === 'STATE_UNSAVED') throw error;
    postpone(context, alias, order, error, pending);
    return { alias, name, isRenewal, failure: { reason: error.message, code: error.code, hint: error.hint } };
  }
}

/** A request of which nobody knows whether it was heard is polled for; where the server knows of none it is made anew. */
async function issuedFor(
  context: AndroidContext,
  alias: string,
  order: SavedOrder,
  onPending: (request: PendingRequest) => void,
): Promise<Issued> {
  try {
    return await request(context, alias, order, onPending);
  } catch (error) {
    const isAnew = order.pending?.isUnheard === true && isRollcallError(error) && error.code !== 'TRANSPORT_LOST';
    if (!isAnew || error.code === 'SCEP_PENDING' || error.code === 'STATE_UNSAVED' || context.signal.aborted)
      throw error;
    const { pending: _unheard, ...anew } = order;
    return await request(context, alias, anew, onPending);
  }
}

function request(
  context: AndroidContext,
  alias: string,
  order: SavedOrder,
  onPending: (request: PendingRequest) => void,
): Promise<Issued> {
  const { ports, signal, server, device, memory } = context;
  const identity = order.isRenewal === true ? memory.data.identities?.[alias] : undefined;
  const { facts } = device.state;
  return requestCertificate(settingsOf(order), {
    ports,
    signal,
    server,
    commonName: memory.data.number,
    rules: androidScepRules,
    userAgent: dalvik(facts.osVersion, facts.modelName),
    lenient: device.lenient,
    tell: (happening) => device.tell(happening),
    ...(order.pending === undefined ? {} : { resumes: order.pending }),
    ...(identity === undefined ? {} : renewing(identity, ports)),
    onPending,
    onAsking: async (asking) => {
      const pending = { ...asking, signer: own(asking.signer), isUnheard: true } as const;
      onPending(pending);
      memory.change({ orders: { ...memory.data.orders, [alias]: { ...order, pending } } });
      await context.save();
    },
  });
}

/** A key that is gone renews nothing: then it is asked for as at first. */
function renewing({ certificate, key }: SavedIdentity, ports: AndroidContext['ports']) {
  try {
    return { renews: { certificate: Buffer.from(certificate), key: ports.keys.open(key).privateKey } };
  } catch (error) {
    if (isRollcallError(error, 'KEY_MISSING')) return {};
    throw error;
  }
}

const settingsOf = (order: SavedOrder): ScepSettings => ({
  url: order.url,
  subject: order.subject,
  keySizeBits: order.keySizeBits,
  keyUsage: ['digitalSignature', 'keyEncipherment'],
  extendedKeyUsage: ['clientAuth'],
  ...(order.caName === undefined ? {} : { caName: order.caName }),
  ...(order.challenge === undefined ? {} : { challenge: order.challenge }),
  ...(order.caFingerprint === undefined ? {} : { caFingerprint: Buffer.from(order.caFingerprint) }),
  retries: 0,
  retryDelaySeconds: 1,
});

function keep(
  { memory }: Pick<AndroidContext, 'memory'>,
  alias: string,
  order: SavedOrder,
  { certificate, chain, key }: Issued,
): void {
  const { notBefore, notAfter } = readCertificate(certificate);
  const { pending: _done, ...rest } = order;
  const at = renewedAt(notBefore.getTime(), notAfter.getTime(), order);
  const { identities = {}, orders = {} } = memory.data;
  const identity = { name: order.name, certificate: own(certificate), chain: chain.map(own), key: key.ref };
  memory.change({
    identities: { ...identities, [alias]: identity },
    orders: { ...orders, [alias]: { ...rest, isRenewal: true, tries: 0, at } },
  });
}

/** M1, by convention: so long before its end as the document says, or as is usual; half of its life where it would be renewed at once. */
function renewedAt(from: number, until: number, { renewBeforeSeconds }: SavedOrder): number {
  const life = until - from;
  const before = renewBeforeSeconds === undefined ? usualRenewalMs(life) : renewBeforeSeconds * 1000;
  return Math.floor(before < life ? until - before : until - life / 2);
}

/** Not a view of the message that it came in. */
const own = (bytes: Uint8Array): Uint8Array => Buffer.from(bytes);

function postpone(
  { memory, ports }: Pick<AndroidContext, 'memory' | 'ports'>,
  alias: string,
  { pending: _before, ...order }: SavedOrder,
  { code }: RollcallError,
  pending: PendingRequest | undefined,
): void {
  const isPending = code === 'SCEP_PENDING';
  const goesOn = isPending || code === 'TRANSPORT_LOST';
  const tries = order.tries + 1;
  const pause = goesOn || tries < mostTries ? exponentialPause(pauses, order.tries, 1) : dayMs;
  memory.change({
    orders: {
      ...memory.data.orders,
      [alias]: {
        ...order,
        tries,
        at: ports.clock.now() + pause,
        ...(goesOn && pending !== undefined ? { pending: { ...pending, signer: own(pending.signer) } } : {}),
      },
    },
  });
}

/** The profile that the device holds once the certificate is there: without the challenge, which is used. */
export const fetchedProfile = (order: SavedOrder): CertificateProfile => ({
  kind: 'certificate',
  name: order.name,
  role: 'identity',
  source: {
    type: 'scep',
    url: order.url,
    subject: order.subject,
    keySizeBits: order.keySizeBits,
    ...(order.caName === undefined ? {} : { caName: order.caName }),
    ...(order.caFingerprint === undefined ? {} : { caFingerprint: order.caFingerprint }),
  },
});
