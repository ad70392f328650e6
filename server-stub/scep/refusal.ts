import { isRollcallError } from '../../base/errors.js';
import type { FailInfo } from '../../protocol/scep/message.js';

/** A failInfo on its way to the client (RFC 8894 §3.2.1.4.5), with the reason for the log. */
export class Refusal extends Error {
  readonly failInfo: FailInfo;

  constructor(failInfo: FailInfo, reason: string) {
    super(reason);
    this.failInfo = failInfo;
  }
}

const failInfoOf: ReadonlyMap<string, FailInfo> = new Map([
  ['CMS_DECRYPT', 'badMessageCheck'],
  ['CMS_SIGNATURE', 'badMessageCheck'],
  ['CMS_MALFORMED', 'badMessageCheck'],
  ['SCEP_MALFORMED', 'badRequest'],
  ['X509_MALFORMED', 'badRequest'],
  ['DER_MALFORMED', 'badRequest'],
]);

/** What was thrown as a refusal; undefined for a bug of ours. */
export function toRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (!isRollcallError(error)) return undefined;
  const failInfo = failInfoOf.get(error.code);
  return failInfo === undefined ? undefined : new Refusal(failInfo, error.message);
}
