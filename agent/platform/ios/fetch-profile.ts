import { shownAddress } from '../../../base/shown-address.js';
import { enrollmentHeader } from '../../../protocol/enrollment-header.js';
import { profileLimits } from '../../../protocol/plist/value.js';
import { agentError } from '../../errors.js';
import type { HttpAnswer, Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import type { DeviceView, Invitation } from '../driver.js';
import { portalHeaders } from '../portal-headers.js';
import { serverText } from '../server-text.js';
import { profileClient } from './exchange.js';
import { readReasons, whyOf } from './reasons.js';

/**
 * The bytes of the enrollment profile: those of the invitation, or what its URL answers. Throws ENROLL_REFUSED with the
 * authority's reasons for a 4xx, or where a web page came, AUTHORITY_BUSY for 429 and 5xx, and what the transport throws.
 */
export async function fetchProfile(
  invitation: Invitation,
  { state }: Pick<DeviceView, 'state'>,
  ports: Ports,
  server: ServerTrust,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (invitation.document !== undefined) return invitation.document;
  const { url, user, secret } = invitation;
  const { native } = state.facts;
  if (url === undefined) throw agentError('ENROLL_FAILED', 'the invitation has neither a document nor a url');
  const session = ports.http.open({ server });
  try {
    const headers: Record<string, string> = { 'User-Agent': profileClient, ...portalHeaders(invitation, state.facts) };
    if (native['AwaitingConfiguration'] === true) headers[enrollmentHeader] = 'automated'; // by convention
    if (user !== undefined && secret !== undefined) {
      headers['Authorization'] = `Basic ${Buffer.from(`${user}:${secret}`, 'utf8').toString('base64')}`;
    }
    const answer = await session.request({
      operation: 'profile',
      method: 'GET',
      url,
      headers,
      maxBytes: profileLimits.maxBytes,
      signal,
    });
    if (answer.status === 200 && isWebPage(answer.body))
      throw agentError('ENROLL_REFUSED', `${shownAddress(answer.url)} answered with a web page, and no profile`, {
        hint: 'Such a page is for people, perhaps to log in at: give the address that the profile itself is downloaded from.',
        details: { status: 200, url: shownAddress(answer.url) },
      });
    if (answer.status === 200) return answer.body;
    throw refusal(answer, user !== undefined);
  } finally {
    session.close();
  }
}

function refusal(answer: HttpAnswer, isAsked: boolean): Error {
  const { status, url: address, body } = answer;
  const url = shownAddress(address);
  const said = serverText(answer);
  const text = said === undefined ? {} : { said };
  if (status === 429 || status >= 500) {
    return agentError('AUTHORITY_BUSY', `${url} answered ${status}`, { details: { status, url, ...text } });
  }
  const reasons = readReasons(body);
  const why = reasons === undefined ? '' : `: ${whyOf(reasons)}`;
  const hint = hintFor(status, isAsked, reasons !== undefined);
  return agentError('ENROLL_REFUSED', `${url} answered ${status}${why}`, {
    details: { status, url, ...(reasons ?? text) },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What a status that is no success asks of the person at the device; undefined where the server itself says it. */
function hintFor(status: number, isAsked: boolean, isExplained: boolean): string | undefined {
  if (status === 401 && isAsked)
    return 'The server takes neither this user nor this password: look at --user and ROLLCALL_PASSWORD.';
  if (status === 401) return 'Say who enrolls, with --user; a password goes into ROLLCALL_PASSWORD.';
  if (isExplained) return undefined;
  if (status === 404 || status === 410)
    return 'No enrollment profile is there: give the whole address that one is downloaded from.';
  return 'The server does not give out the profile: its own log says why.';
}

/** What a server without a session shows to a browser: a page to log in at, or the front page of an application. */
const isWebPage = (body: Uint8Array): boolean =>
  /^\s*<(?:!doctype html|html)[\s>]/i.test(Buffer.from(body.subarray(0, 200)).toString('latin1'));
