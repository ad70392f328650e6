// Credentials that are judged by a signature, before anything is asked of the core: a token of Entra, and a certificate that signed the
// request (specs/windows.md §1.2).
import { readBase64 } from '../../protocol/mde2/base64.js';
import { type Credential, valueTypes } from '../../protocol/mde2/credentials.js';
import { isSignedSecurity, verifySignedSecurity } from '../../protocol/mde2/signed-security.js';
import type { Envelope } from '../../protocol/soap/envelope.js';
import { standingReason } from '../ca.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import type { WindowsContext } from './context.js';

/** A person of whom a signature has said who it is. */
export interface ProvenUser {
  readonly kind: 'proven';
  readonly by: 'entra' | 'certificate';
  /** User principal name, or the record's id. */
  readonly user: string;
  /** When the token was given. */
  readonly signedInAt?: number;
}

const maxTokenBytes = 64 * 1024;
/** How far the clocks of device and stub may lie apart; a signature is good for five minutes by itself. */
const toleranceMs = 5 * 60_000;

/**
 * The credential of a request, as far as a signature can be judged; the others come back as they are. Throws UNAUTHORIZED for a
 * token or a signature that is not taken.
 */
export async function proven(
  envelope: Envelope,
  credential: Credential | undefined,
  request: Pick<StubRequest, 'path'>,
  context: WindowsContext,
): Promise<Credential | ProvenUser | undefined> {
  if (isSignedSecurity(envelope.security)) return bySignature(envelope, request.path, context);
  if (credential?.kind !== 'token' || credential.valueType !== valueTypes.jwt) return credential;
  const bytes = readBase64(credential.token);
  if (bytes === undefined || bytes.length > maxTokenBytes)
    throw stubError('UNAUTHORIZED', 'the token of Entra is not taken: it is not base64, or too long');
  const { upn, issuedAt } = await context.entra.verify(bytes.toString('utf8'));
  return { kind: 'proven', by: 'entra', user: upn, signedInAt: issuedAt };
}

/**
 * Policy Certificate, by specification and unproven: a certificate that our CA gave to a user signs for that user. What is signed
 * is the time and the address; the same header may be sent again at this address until the time is over.
 */
function bySignature(envelope: Envelope, path: string, { settings, ca, clock }: WindowsContext): ProvenUser {
  if (settings.authPolicy !== 'Certificate') throw stubError('UNAUTHORIZED', 'certificates are not asked for here');
  const { certificate, created, expires } = verifySignedSecurity(envelope);
  const now = clock.now();
  if (now < created.getTime() - toleranceMs || now > expires.getTime() + toleranceMs)
    throw stubError('UNAUTHORIZED', 'the signature of the request is not of this time');
  const to = envelope.to ?? '';
  if (!URL.canParse(to) || new URL(to).pathname !== path)
    throw stubError('UNAUTHORIZED', 'the request was signed for another address');
  const judged = ca.judge(certificate.der);
  if (judged.standing !== 'ok') throw stubError('UNAUTHORIZED', standingReason(judged));
  const { userId, purpose } = judged.entry;
  if (userId === undefined || purpose !== 'profile')
    throw stubError('UNAUTHORIZED', 'the certificate is not that of a user');
  return { kind: 'proven', by: 'certificate', user: userId };
}
