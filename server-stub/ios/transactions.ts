// What a SCEP server remembers of its transactions: the same request again is answered alike, a replay is refused.
import { hash } from 'node:crypto';
import type { Csr } from '../../protocol/x509/csr.js';
import type { Invited } from './challenges.js';

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
  state:
    | { readonly kind: 'pending' }
    | { readonly kind: 'rejected' }
    | { readonly kind: 'issued'; readonly certificate: Buffer };
}

export interface Transactions {
  /** The transaction in which exactly this request was made before. */
  same(id: string, csr: Csr): Transaction | undefined;
  /** True when this nonce was used in this transaction for another key. */
  isReplay(id: string, nonce: Buffer, csr: Csr): boolean;
  polled(id: string, subjectDer: Buffer): Transaction | undefined;
  add(transaction: Transaction): void;
  pending(): readonly Transaction[];
}

export const csrHash = (csr: Csr): string => hash('sha256', csr.der, 'base64');

/** Bounded: the oldest are forgotten, and their challenges with them are used up anyway. */
export function createTransactions(max = 10_000): Transactions {
  const byRequest = new Map<string, Transaction>();
  const byNonce = new Map<string, Buffer>();
  const keyOf = (id: string, csrHash: string) => `${id}\n${csrHash}`;
  const nonceKeyOf = (id: string, nonce: string) => `${id}\n${nonce}`;
  return {
    same: (id, csr) => byRequest.get(keyOf(id, csrHash(csr))),
    isReplay(id, nonce, csr) {
      const before = byNonce.get(nonceKeyOf(id, nonce.toString('hex')));
      return before !== undefined && !before.equals(csr.spki);
    },
    polled(id, subjectDer) {
      let found: Transaction | undefined; // keys may be shared, and transactions with them: the subject tells
      for (const each of byRequest.values()) if (each.id === id && each.csr.subjectDer.equals(subjectDer)) found = each;
      return found;
    },
    add(transaction) {
      byRequest.set(keyOf(transaction.id, transaction.csrHash), transaction);
      byNonce.set(nonceKeyOf(transaction.id, transaction.nonce), transaction.csr.spki);
      for (const [key, oldest] of byRequest) {
        if (byRequest.size <= max) return;
        byRequest.delete(key);
        byNonce.delete(nonceKeyOf(oldest.id, oldest.nonce));
      }
    },
    pending: () => [...byRequest.values()].filter((each) => each.state.kind === 'pending'),
  };
}
