// What a SCEP server remembers of its transactions: the same request again is answered alike, a replay is refused.
import { hash } from 'node:crypto';
import { z } from 'zod';
import { type Csr, readCsr } from '../../protocol/x509/csr.js';
import { type CertificateGrant, grantSchema } from '../issued.js';
import type { Keep } from '../keep.js';
import { readKept } from '../kept.js';
import { withGrant } from './kept.js';

export interface Transaction {
  readonly id: string;
  readonly csr: Csr;
  /** SHA-256 of the CSR. */
  readonly csrHash: string;
  readonly nonce: string;
  /** Public key of who signed the request: only they may poll for its answer. */
  readonly signerKey: Buffer;
  readonly grant: CertificateGrant;
  readonly requestedAt: number;
  readonly state: TransactionState;
}

export type TransactionState =
  | { readonly kind: 'pending' }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'issued'; readonly certificate: Buffer };

export const csrHash = (csr: Csr): string => hash('sha256', csr.der, 'base64');

const bytes = z.instanceof(Uint8Array).transform((value) => Buffer.from(value));
const storedSchema = z.preprocess(
  withGrant,
  z.object({
    id: z.string(),
    csr: z.instanceof(Uint8Array).transform((der) => readCsr(Buffer.from(der))),
    nonce: z.string(),
    signerKey: bytes,
    grant: grantSchema,
    requestedAt: z.number(),
    state: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('pending') }),
      z.object({ kind: z.literal('rejected') }),
      z.object({ kind: z.literal('issued'), certificate: bytes }),
    ]),
  }),
);

const keyOf = (id: string, requestHash: string) => `${id}\n${requestHash}`;
const nonceKeyOf = ({ id, nonce }: Pick<Transaction, 'id' | 'nonce'>) => `${id}\n${nonce}`;

/** Bounded: the oldest are forgotten, and their challenges with them are used up anyway. */
export class Transactions {
  readonly #keep: Keep | undefined;
  readonly #max: number;
  readonly #byRequest = new Map<string, Transaction>();
  readonly #byId = new Map<string, Set<Transaction>>();
  readonly #byNonce = new Map<string, string>();

  constructor(keep?: Keep, max = 10_000) {
    this.#keep = keep;
    this.#max = max;
    const kept = readKept(keep, 'SCEP transaction', storedSchema);
    for (const [, transaction] of kept.sort(([, a], [, b]) => a.requestedAt - b.requestedAt)) {
      this.#put({ ...transaction, csrHash: csrHash(transaction.csr) });
    }
  }

  /** The transaction in which exactly this request was made before. */
  same(id: string, csr: Csr): Transaction | undefined {
    return this.#byRequest.get(keyOf(id, csrHash(csr)));
  }

  /** True when this nonce came in this transaction before, with another request. */
  isReplay(id: string, nonce: Buffer, csr: Csr): boolean {
    const before = this.#byNonce.get(nonceKeyOf({ id, nonce: nonce.toString('hex') }));
    return before !== undefined && before !== csrHash(csr);
  }

  polled(id: string, subjectDer: Buffer): Transaction | undefined {
    // Keys may be shared, and transactions with them: the subject tells, and of several the newest is meant.
    return [...(this.#byId.get(id) ?? [])].findLast(({ csr }) => csr.subjectDer.equals(subjectDer));
  }

  /** Adds it, or puts it in the place of what it was before. */
  set(transaction: Transaction): void {
    this.#put(transaction);
    this.toldAgain(transaction);
    for (const oldest of this.#byRequest.values()) {
      if (this.#byRequest.size <= this.#max) return;
      this.#drop(oldest);
      this.#keep?.put(keyOf(oldest.id, oldest.csrHash), undefined);
    }
  }

  /** Somebody is told again of a transaction that may not be stored yet, or could not be: it is stored anew, and they wait for that. */
  toldAgain(transaction: Transaction): void {
    const { csr, csrHash: requestHash, ...rest } = transaction;
    this.#keep?.put(keyOf(transaction.id, requestHash), { ...rest, csr: csr.der });
  }

  pending(): readonly Transaction[] {
    return [...this.#byRequest.values()].filter(({ state }) => state.kind === 'pending');
  }

  #put(transaction: Transaction): void {
    const { id, csrHash: requestHash } = transaction;
    const before = this.#byRequest.get(keyOf(id, requestHash));
    if (before !== undefined) this.#drop(before);
    this.#byRequest.set(keyOf(id, requestHash), transaction);
    this.#byNonce.set(nonceKeyOf(transaction), requestHash);
    this.#byId.set(id, (this.#byId.get(id) ?? new Set()).add(transaction));
  }

  #drop(transaction: Transaction): void {
    this.#byRequest.delete(keyOf(transaction.id, transaction.csrHash));
    this.#byNonce.delete(nonceKeyOf(transaction));
    const siblings = this.#byId.get(transaction.id);
    siblings?.delete(transaction);
    if (siblings?.size === 0) this.#byId.delete(transaction.id);
  }
}
