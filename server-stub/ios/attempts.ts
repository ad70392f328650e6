// What is heard of an enrollment that is under way (E01): whether the device that began it gave an error or dropped its connection, or
// came back after that.
import { isRollcallError } from '../../base/errors.js';
import type { StubRequest } from '../http-types.js';
import type { CertificateGrant } from '../issued.js';
import type { IosContext } from './context.js';

type Context = Pick<IosContext, 'ca' | 'challenges' | 'tenant'>;

const attemptOf = ({ platform, enrollment }: CertificateGrant): string | undefined =>
  platform === 'ios' ? enrollment?.attempt : undefined;

/** From now on what SCEP says of an identity is noted of the attempt that it was asked for with. */
export function watchIdentities({ ca, challenges, tenant }: Context): void {
  challenges.onRefused((grant) => {
    const attempt = attemptOf(grant);
    if (attempt !== undefined) tenant.disconnected(attempt);
  });
  ca.issued.onIssued((issued) => {
    const attempt = attemptOf(issued);
    if (attempt !== undefined) tenant.reconnected(attempt);
  });
}

/** Should its connection end before the answer is out, the device dropped it. */
export function watchAnswer(request: StubRequest, attempt: string | undefined, { tenant }: Context): void {
  if (attempt !== undefined) request.onDropped?.(() => tenant.disconnected(attempt));
}

/** A message that its device broke off: only the TLS client certificate says whose it was. */
export function cutOff({ clientCertificate }: StubRequest, { ca, tenant }: Context): void {
  if (clientCertificate === undefined) return;
  try {
    const judged = ca.judge(clientCertificate);
    const attempt = 'entry' in judged ? attemptOf(judged.entry) : undefined;
    if (attempt !== undefined) tenant.disconnected(attempt);
  } catch (error) {
    if (!isRollcallError(error)) throw error; // whatever was shown there
  }
}
