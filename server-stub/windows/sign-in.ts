// The sign-in page of Federated enrollment (specs/windows.md §1.2): a form, then a page that posts the token to the device's own
// address (`appru`) by itself.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isRollcallError } from '../../base/errors.js';
import { escapeAttribute, escapeText } from '../../protocol/xml/write.js';
import { stubError } from '../errors.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { paths, type WindowsContext } from './context.js';
import { admit, requirePassword } from './credentials.js';

const csrfCookie = 'rollcall-csrf';
const formBytes = 16 * 1024;

/** Of a device's own applications: what is posted there reaches no server. */
const deviceSchemes: readonly string[] = ['ms-app:', 'ms-aadj-redir:'];
const thisMachine: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Where a token may be posted to: the device's own schemes, and pages of a client on this machine. */
function isOfDevice(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  if (deviceSchemes.includes(protocol)) return true;
  return protocol === 'http:' && thisMachine.includes(hostname) && username === '' && password === '';
}

export function signInRoutes(context: WindowsContext): Route[] {
  const key = context.random(32);
  return [
    { method: 'GET', path: paths.signIn, handle: (request) => loginPage(request, context, key) },
    { method: 'POST', path: paths.signIn, maxBytes: formBytes, handle: (request) => signIn(request, context, key) },
  ];
}

/** Throws REQUEST_INVALID where nobody said where the token is to go. */
function loginPage(request: StubRequest, { random, tenant }: WindowsContext, key: Buffer): StubAnswer {
  const appru = requireReplyAddress(request.query.get('appru'));
  const nonce = random(16).toString('hex');
  return page(200, tenant.displayName, form(appru, request.query.get('login_hint') ?? '', sign(nonce, key)), {
    'set-cookie': `${csrfCookie}=${nonce}; Path=${paths.signIn}; HttpOnly; SameSite=Lax`,
  });
}

function signIn(request: StubRequest, context: WindowsContext, key: Buffer): StubAnswer {
  const { tenant, tokens, beginnings, clock, log } = context;
  const fields = new URLSearchParams(request.body.toString('utf8'));
  const appru = requireReplyAddress(fields.get('appru'));
  const upn = (fields.get('username') ?? '').trim().slice(0, 256);
  const nonce = cookieOf(request.headers['cookie'], csrfCookie);
  if (nonce === undefined || !isSame(fields.get('csrf') ?? '', sign(nonce, key))) {
    throw stubError('REQUEST_INVALID', 'the form is not one of this page');
  }
  try {
    if (upn === '') throw stubError('UNAUTHORIZED', 'nobody said who is signing in');
    requirePassword(upn, fields.get('password') ?? '', { tenant });
    const startedAt = beginnings.since(request.remote, upn);
    const user = admit({ user: upn, startedAt }, { tenant });
    const token = tokens.issue({
      ...(user !== undefined && { userId: user.id }),
      expiresAt: clock.now() + tenant.settings.enrollmentMs,
    });
    return posting(appru, token, tenant.displayName);
  } catch (error) {
    if (!isRollcallError(error, 'UNAUTHORIZED') && !isRollcallError(error, 'ENROLLMENT_REFUSED')) throw error;
    const { path, remote } = request;
    log.warn(error.code, { path, reason: error.message, remote, status: 401 });
    return page(
      401,
      tenant.displayName,
      `<p role="alert">${escapeText(error.message)}</p>${form(appru, upn, sign(nonce, key))}`,
    );
  }
}

function requireReplyAddress(text: string | null): string {
  if (text !== null && text.length <= 1024 && isOfDevice(text)) return text;
  throw stubError('REQUEST_INVALID', 'appru is missing, or no address of a device');
}

const form = (appru: string, upn: string, csrf: string): string =>
  `<form method="post" action="${paths.signIn}">` +
  `<input type="hidden" name="csrf" value="${escapeAttribute(csrf)}"/>` +
  `<input type="hidden" name="appru" value="${escapeAttribute(appru)}"/>` +
  `<label>User name <input type="text" name="username" value="${escapeAttribute(upn.slice(0, 256))}"/></label>` +
  '<label>Password <input type="password" name="password"/></label>' +
  '<button type="submit">Sign in</button></form>';

/** Posts the token to the device by itself, or at a press where no script runs. */
function posting(appru: string, token: string, organization: string): StubAnswer {
  return page(
    200,
    organization,
    `<form id="reply" method="post" action="${escapeAttribute(appru)}">` +
      `<input type="hidden" name="wresult" value="${escapeAttribute(token)}"/>` +
      `<noscript><button type="submit">Continue</button></noscript></form><script>${submitScript}</script>`,
    {},
    `script-src '${submitScriptHash}'`,
  );
}

const submitScript = "document.getElementById('reply').submit()";
const submitScriptHash = `sha256-${createHash('sha256').update(submitScript).digest('base64')}`;

/** A page of the stub, which loads nothing and runs no script but the one that is named. */
export function page(
  status: number,
  organization: string,
  content: string,
  headers: Readonly<Record<string, string>> = {},
  script = "script-src 'none'",
): StubAnswer {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; ${script}; frame-ancestors 'none'`,
      ...headers,
    },
    body:
      `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/><title>${escapeText(organization)}</title></head>` +
      `<body><h1>${escapeText(organization)}</h1>${content}</body></html>`,
  };
}

const sign = (nonce: string, key: Buffer): string => createHmac('sha256', key).update(nonce).digest('hex');

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given, 'utf8'), Buffer.from(expected, 'utf8')];
  return one.length === other.length && timingSafeEqual(one, other);
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined && /^[0-9a-f]{32}$/.test(value)) return value;
  }
  return undefined;
}
