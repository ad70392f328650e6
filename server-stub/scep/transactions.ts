// What a SCEP server remembers of its transactions: the same request again is answered alike, a replay is refused.
import { hash } from 'node:crypto';
import { z } from 'zod';
import { type Csr, readCsr } from '../../protocol/x509/csr.js';
import type { Keep } from '../keep.js';
import { type Invited, invitedSchema } from './challenges.js';
import { readKept } from './kept.js';

export interface Transaction {
  readonly id: string;
  readonly csr: Csr;
  /** SHA-256 of the CSR. */
  readonly csrHash: string;
  readonly nonce: string;
  /** Public key of who signed the request: only they may poll for its answer. */
  readonly signerKey: Buffer;
  readonly invited: Invited;
  readonly requestedAt: number;
  readonly state: TransactionState;
}

export type TransactionState =
  | { readonly kind: 'pending' }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'issued'; readonly certificate: Buffer };

export interface Transactions {
  /** The transaction in which exactly this request was made before. */
  same(id: string, csr: Csr): Transaction | undefined;
  /** True when this nonce came in this transaction before, with another request. */
  isReplay(id: string, nonce: Buffer, csr: Csr): boolean;
  polled(id: string, subjectDer: Buffer): Transaction | undefined;
  /** Adds it, or puts it in the place of what it was before. */
  set(transaction: Transaction): void;
  pending(): readonly Transaction[];
}

export const csrHash = (csr: Csr): string => hash('sha256', csr.der, 'base64');

const bytes = z.instanceof(Uint8Array).transform((value) => Buffer.from(value));
const storedSchema = z.object({
  id: z.string(),
  csr: bytes,
  nonce: z.string(),
  signerKey: bytes,
  invited: invitedSchema,
  requestedAt: z.number(),
  state: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('pending') }),
    z.object({ kind: z.literal('rejected') }),
    z.object({ kind: z.literal('issued'), certificate: bytes }),
  ]),
});

/** Bounded: the oldest are forgotten, and their challenges with them are used up anyway. */
export function createTransactions(keep?: Keep, max = 10_000): Transactions {
  const byRequest = new Map<string, Transaction>();
  const byId = new Map<string, Set<Transaction>>();
  const byNonce = new Map<string, string>();
  const keyOf = (id: string, csrHash: string) => `${id}\n${csrHash}`;
  const nonceKeyOf = ({ id, nonce }: Pick<Transaction, 'id' | 'nonce'>) => `${id}\n${nonce}`;

  const drop = (transaction: Transaction) => {
    byRequest.delete(keyOf(transaction.id, transaction.csrHash));
    byNonce.delete(nonceKeyOf(transaction));
    const siblings = byId.get(transaction.id);
    siblings?.delete(transaction);
    if (siblings?.size === 0) byId.delete(transaction.id);
  };
  const put = (transaction: Transaction) => {
    const before = byRequest.get(keyOf(transaction.id, transaction.csrHash));
    if (before !== undefined) drop(before);
    byRequest.set(keyOf(transaction.id, transaction.csrHash), transaction);
    byNonce.set(nonceKeyOf(transaction), transaction.csrHash);
    byId.set(transaction.id, (byId.get(transaction.id) ?? new Set()).add(transaction));
  };

  const kept = readKept(keep, 'SCEP transaction', storedSchema);
  for (const [, { csr, ...rest }] of kept.sort(([, a], [, b]) => a.requestedAt - b.requestedAt)) {
    const read = readCsr(csr);
    put({ ...rest, csr: read, csrHash: csrHash(read) });
  }

  return {
    same: (id, csr) => byRequest.get(keyOf(id, csrHash(csr))),
    isReplay(id, nonce, csr) {
      const before = byNonce.get(nonceKeyOf({ id, nonce: nonce.toString('hex') }));
      return before !== undefined && before !== csrHash(csr);
    },
    polled(id, subjectDer) {
      // Keys may be shared, and transactions with them: the subject tells, and of several the newest is meant.
      return [...(byId.get(id) ?? [])].findLast(({ csr }) => csr.subjectDer.equals(subjectDer));
    },
    set(transaction) {
      put(transaction);
      const { csr, csrHash: requestHash, ...rest } = transaction;
      keep?.put(keyOf(transaction.id, requestHash), { ...rest, csr: csr.der });
      for (const oldest of byRequest.values()) {
        if (byRequest.size <= max) return;
        drop(oldest);
        keep?.put(keyOf(oldest.id, oldest.csrHash), undefined);
      }
    },
    pending: () => [...byRequest.values()].filter(({ state }) => state.kind === 'pending'),
  };
}
