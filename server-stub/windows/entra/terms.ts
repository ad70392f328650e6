// The tenant's terms of use (specs/windows.md §1.2; Learn, "Microsoft Entra integration with MDM"): shown in the web view of a join, before
// the device speaks to the management server; what came of them goes to the device in the query of its own address.
import { isRollcallError } from '../../../base/errors.js';
import { escapeAttribute, escapeText } from '../../../protocol/xml/write.js';
import { stubError } from '../../errors.js';
import type { Route, StubAnswer, StubRequest } from '../../http-types.js';
import { paths, type WindowsContext } from '../context.js';
import { admit } from '../credentials.js';
import { refuseWith } from '../refusals.js';
import { page } from '../sign-in.js';
import type { TokenHolder } from '../tokens.js';

const formBytes = 16 * 1024;
const readingMs = 3_600_000;

/** Where a device is called back: the addresses of Windows' account broker and of the join. */
const ofWindows =
  /^(?:ms-appx-web:\/\/microsoft\.aad\.brokerplugin|ms-aadj-redir:\/\/auth|https:\/\/login\.microsoftonline\.com)(?:[/?]|$)/i;

export function termsRoutes(context: WindowsContext): Route[] {
  return [
    { method: 'GET', path: paths.terms, handle: (request) => showTerms(request, context) },
    { method: 'POST', path: paths.terms, maxBytes: formBytes, handle: (request) => takeAnswer(request, context) },
  ];
}

/** Throws REQUEST_INVALID where nobody said where the answer is to go; every other refusal goes there. */
async function showTerms(request: StubRequest, context: WindowsContext): Promise<StubAnswer> {
  const { entra, tenant, clock, log, settings } = context;
  const { query, headers, path, remote } = request;
  const to = requireRedirect(query.get('redirect_uri'));
  if (query.get('api-version') !== '1.0') return refusedTo(to, 'invalid_request', 'unsupported version');
  try {
    const bearer = /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1];
    if (bearer === undefined) throw stubError('UNAUTHORIZED', 'the token is missing');
    const { upn } = await entra.verify(bearer);
    const user = admit({ user: upn }, { tenant });
    const reader = entra.readers.issue({
      ...(user !== undefined && { userId: user.id }),
      expiresAt: clock.now() + readingMs,
    });
    return page(200, tenant.displayName, form(settings.termsOfUse, { reader, redirect_uri: to }));
  } catch (error) {
    if (!isRollcallError(error, 'UNAUTHORIZED') && !isRollcallError(error, 'ENROLLMENT_REFUSED')) throw error;
    log.warn(error.code, { path, reason: error.message, remote, status: 302 });
    const isToken = error.code === 'UNAUTHORIZED';
    return refusedTo(to, 'unauthorized_client', isToken ? 'unauthorized_client' : 'unauthorized user or tenant');
  }
}

function takeAnswer({ body }: StubRequest, { entra, clock }: WindowsContext): StubAnswer {
  const fields = new URLSearchParams(body.toString('utf8'));
  const to = requireRedirect(fields.get('redirect_uri'));
  const reader = fields.get('reader') ?? '';
  const known = entra.readers.check(reader);
  if (known === undefined) throw stubError('REQUEST_INVALID', 'the form is not one of this page, or was sent already');
  entra.readers.use(reader);
  if (fields.get('answer') !== 'accept') return refusedTo(to, 'access_denied', 'Access is denied.');
  const blob = entra.consents.issue({ ...known, expiresAt: clock.now() + readingMs });
  return redirect(to, { IsAccepted: 'true', OpaqueBlob: blob });
}

/**
 * Whether the person who enrolls has accepted the terms, by what came back of them. Gives the consent, to be used up with the
 * enrollment. Throws MESSAGE_REFUSED (Authorization, InvalidEnrollmentData).
 */
export function requireConsent(
  { blob, userId, holder }: Readonly<Record<'blob' | 'userId', string | undefined>> & { readonly holder: TokenHolder },
  { entra }: Pick<WindowsContext, 'entra'>,
): string {
  const consent = blob === undefined ? undefined : entra.consents.check(blob, holder);
  if (blob !== undefined && consent !== undefined && consent.userId === userId) return blob;
  throw refuseWith(
    { subcode: 'Authorization', errorType: 'InvalidEnrollmentData' },
    'the terms of use were not accepted by who enrolls: EnrollmentData is missing or not what they gave',
  );
}

function requireRedirect(text: string | null): string {
  if (text !== null && text.length <= 1024 && ofWindows.test(text)) return text;
  throw stubError('REQUEST_INVALID', 'redirect_uri is missing, or no address of a device');
}

const refusedTo = (to: string, error: string, description: string): StubAnswer =>
  redirect(to, { error, error_description: description });

const redirect = (to: string, result: Readonly<Record<string, string>>): StubAnswer => ({
  status: 302,
  headers: {
    location: `${to}${to.includes('?') ? '&' : '?'}${new URLSearchParams(result).toString().replaceAll('+', '%20')}`,
    'cache-control': 'no-store',
  },
});

const form = (terms: string, hidden: Readonly<Record<string, string>>): string =>
  `<h2>Terms of use</h2>${terms
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${escapeText(paragraph)}</p>`)
    .join('')}<form method="post" action="${paths.terms}">` +
  Object.entries(hidden)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeAttribute(value)}"/>`)
    .join('') +
  '<button type="submit" name="answer" value="accept">Accept</button> ' +
  '<button type="submit" name="answer" value="decline">Decline</button></form>';
