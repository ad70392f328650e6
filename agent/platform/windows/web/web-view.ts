// The web view of a federated sign-in (specs/windows.md §1.2), without a screen: it keeps cookies, follows redirects, fills the
// login form in, submits what a page submits by itself, and ends with the token that the authority posts to the application.
import { shownAddress } from '../../../../base/shown-address.js';
import type { HttpSession, Ports } from '../../../model/ports.js';
import type { ServerTrust } from '../../../model/server-rules.js';
import { failed, hresult, refused } from '../failures.js';
import { SignInCookies } from './cookies.js';
import { filled, loginFormOf } from './login-form.js';
import { type Page, type PageForm, readPage } from './page.js';
import { readScriptForm } from './script-form.js';

/** Who signs in, and where. */
export interface WebSignIn {
  /** AuthenticationServiceUrl, as it was given. */
  readonly url: string;
  /** User principal name. */
  readonly user?: string;
  readonly secret?: string;
  /** http addresses are opened too. */
  readonly allowHttp: boolean;
}

/**
 * The application that is signed in for, as Settings calls itself. Its SID stands here on phones and older builds; servers are to
 * take any: a convention.
 */
export const appru = 'ms-app://windows.immersivecontrolpanel';

/** Pages, forms and redirects of one sign-in together: more than any real one has. */
const mostSteps = 30;
const maxPageBytes = 512 * 1024;
const longestSignInMs = 60_000;
/** What the web view of Windows 11 names itself; servers look for `Edg` or `WebView` at most: the versions are a convention. */
const userAgent =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; WebView/3.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0';

interface Navigation {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body?: string;
}

/**
 * Signs in and gives the token (`wresult`) as the authority wrote it, not yet base64. Throws ENROLL_REFUSED 0x80180030 where the
 * authority does not take user and password, ENROLL_FAILED 0x8018000F where no page leads to a token, 0x8018001A for an address
 * that is not https, and what the transport throws.
 */
export async function signInByWebView(
  signIn: WebSignIn,
  ports: Pick<Ports, 'http'>,
  server: ServerTrust,
  signal: AbortSignal,
): Promise<string> {
  const session = ports.http.open({ server });
  try {
    return await new WebView(signIn, session, signal).run();
  } finally {
    session.close();
  }
}

class WebView {
  readonly #signIn: WebSignIn;
  readonly #session: HttpSession;
  readonly #signal: AbortSignal;
  readonly #cookies = new SignInCookies();
  /** Login forms that were sent, by where they go and what they ask: the same one again means that it was not taken. */
  readonly #sent = new Set<string>();

  constructor(signIn: WebSignIn, session: HttpSession, signal: AbortSignal) {
    this.#signIn = signIn;
    this.#session = session;
    this.#signal = signal;
  }

  async run(): Promise<string> {
    let next: Navigation = { method: 'GET', url: this.#first() };
    for (let step = 0; step < mostSteps; step++) {
      const came = await this.#open(next);
      if ('token' in came) return came.token;
      next = came;
    }
    throw failed('sign-in', hresult.webView, `${shownAddress(next.url)}: no end after ${mostSteps} pages`);
  }

  /** The address that Windows opens first: `appru` and `login_hint` behind what the address has already. */
  #first(): string {
    const { url, user } = this.#signIn;
    const hint = user === undefined ? '' : `&login_hint=${encodeURIComponent(user)}`;
    return `${url}${url.includes('?') ? '&' : '?'}appru=${encodeURIComponent(appru)}${hint}`;
  }

  async #open(navigation: Navigation): Promise<Navigation | { readonly token: string }> {
    const { method, url, body } = navigation;
    this.#requireAddress(url);
    const cookies = this.#cookies.headerFor(url);
    const answer = await this.#session.request({
      method,
      url,
      headers: {
        Accept: 'text/html, application/xhtml+xml, */*',
        'User-Agent': userAgent,
        ...(cookies === undefined ? {} : { Cookie: cookies }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }),
      },
      ...(body === undefined ? {} : { body }),
      maxBytes: maxPageBytes,
      withinMs: longestSignInMs,
      followsRedirects: false,
      signal: this.#signal,
    });
    this.#cookies.keep(answer.headers['set-cookie'], url);
    const { status } = answer;
    const { location } = answer.headers;
    if (status >= 300 && status <= 399 && location !== undefined) {
      const to = this.#resolve(location, url);
      const isKept = status === 307 || status === 308;
      return isKept ? { ...navigation, url: to } : { method: 'GET', url: to };
    }
    const page = readPage(answer.body.toString('utf8'));
    const after = this.#after(page, url);
    if (after !== undefined) return after;
    const text = `${shownAddress(url)} answered ${status} with a page that leads nowhere${page.title === '' ? '' : `: “${page.title}”`}`;
    throw failed('sign-in', hresult.webView, text, { details: { status, url: shownAddress(url) }, hint });
  }

  /** What the page does by itself, or a person does with it; undefined where there is nothing to do. */
  #after(page: Page, url: string): Navigation | { readonly token: string } | undefined {
    for (const form of page.forms) {
      const token = isOfApplication(form.action) ? tokenOf(form) : undefined;
      if (token !== undefined) return { token };
    }
    for (const script of page.scripts) {
      const form = readScriptForm(script);
      if (form !== undefined && isOfApplication(form.action)) return { token: form.wresult };
    }
    const login = loginFormOf(page.forms);
    if (login !== undefined) {
      this.#requireNew(login, url);
      return this.#submit(login, url);
    }
    // With nothing to fill in a page sends its form by itself, or waits for a press of its button.
    const hidden = page.forms.find(({ fields }) => fields.some(({ type }) => type === 'hidden'));
    const form = hidden ?? page.forms.find(({ fields }) => fields.some(({ type }) => type === 'submit'));
    return form === undefined ? undefined : this.#submit(form, url);
  }

  #requireNew(form: PageForm, url: string): void {
    const asks = form.fields.filter(({ type }) => type !== 'hidden').map(({ type, name }) => `${type} ${name}`);
    const key = [form.action === '' ? new URL(url).pathname : form.action, ...asks].join('\n');
    if (!this.#sent.has(key)) {
      this.#sent.add(key);
      return;
    }
    const who = this.#signIn.user === undefined ? 'nobody named' : this.#signIn.user;
    throw refused('sign-in', hresult.cancelled, `${shownAddress(url)} asks ${who} to sign in again`, {
      hint: 'The page takes neither this user nor this password: look at --user and ROLLCALL_PASSWORD.',
    });
  }

  #submit(form: PageForm, url: string): Navigation {
    if (form.enctype === 'multipart/form-data' || form.enctype === 'text/plain')
      throw failed('sign-in', hresult.webView, `a form of ${shownAddress(url)} is sent as ${form.enctype}`, { hint });
    const to = form.action === '' ? url : this.#resolve(form.action, url);
    const body = filled(form, this.#signIn).toString();
    if (form.method === 'POST') return { method: 'POST', url: to, body };
    const address = new URL(to);
    address.search = body;
    return { method: 'GET', url: address.href };
  }

  #resolve(reference: string, base: string): string {
    if (URL.canParse(reference, base)) {
      const url = new URL(reference, base);
      if (url.protocol === 'https:' || url.protocol === 'http:') return url.href;
    }
    const where = shownAddress(reference).slice(0, 200);
    throw failed('sign-in', hresult.webView, `${shownAddress(base)} leads to “${where}” without a token`, { hint });
  }

  #requireAddress(url: string): void {
    const isAllowed =
      URL.canParse(url) && ['https:', ...(this.#signIn.allowHttp ? ['http:'] : [])].includes(new URL(url).protocol);
    if (!isAllowed) throw failed('sign-in', hresult.insecureRedirect, `${shownAddress(url)} is no https address`);
  }
}

const hint =
  'The page is for a person: give a token with --enroll-token, or from code a function that signs in (Invitation.token).';

/** The scheme decides: what Windows would give back to the application. */
const isOfApplication = (action: string): boolean => action.toLowerCase().startsWith('ms-app:');

const tokenOf = ({ fields }: PageForm): string | undefined => fields.find(({ name }) => name === 'wresult')?.value;
