import { shownAddress } from '../../../base/shown-address.js';
import { profileLimits } from '../../../protocol/plist/value.js';
import { agentError } from '../../errors.js';
import type { HttpAnswer, Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { Invitation } from '../driver.js';
import { profileClient } from './exchange.js';
import { readReasons } from './reasons.js';

/**
 * The bytes of the enrollment profile: those of the invitation, or what its URL answers. Throws ENROLL_REFUSED with the
 * authority's reasons for a 4xx, AUTHORITY_BUSY for 429 and 5xx, and what the transport throws.
 */
export async function fetchProfile(
  invitation: Invitation,
  ports: Ports,
  server: ServerTrust,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (invitation.document !== undefined) return invitation.document;
  const { url, user, secret } = invitation;
  if (url === undefined) throw agentError('ENROLL_FAILED', 'the invitation has neither a document nor a url');
  const session = ports.http.open({ server });
  try {
    const headers: Record<string, string> = { 'User-Agent': profileClient };
    if (user !== undefined && secret !== undefined) {
      headers['Authorization'] = `Basic ${Buffer.from(`${user}:${secret}`, 'utf8').toString('base64')}`;
    }
    const answer = await session.request({ method: 'GET', url, headers, maxBytes: profileLimits.maxBytes, signal });
    if (answer.status === 200) return answer.body;
    throw refusal(answer, user !== undefined);
  } finally {
    session.close();
  }
}

function refusal({ status, url: address, body }: HttpAnswer, isAsked: boolean): Error {
  const url = shownAddress(address);
  if (status === 429 || status >= 500) {
    return agentError('AUTHORITY_BUSY', `${url} answered ${status}`, { details: { status, url } });
  }
  const reasons = readReasons(body);
  const why = reasons === undefined ? '' : `: ${reasons['failureReason'] ?? reasons['message'] ?? reasons['code']}`;
  const hint = isAsked
    ? 'The server takes neither this user nor this password: look at --user and ROLLCALL_PASSWORD.'
    : 'Say who enrolls, with --user; a password goes into ROLLCALL_PASSWORD.';
  return agentError('ENROLL_REFUSED', `${url} answered ${status}${why}`, {
    details: { status, url, ...reasons },
    ...(status === 401 ? { hint } : {}),
  });
}
