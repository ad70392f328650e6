// A web view without a screen (specs/windows.md §1.2): it keeps cookies, follows redirects, fills forms in, submits what a page submits
// by itself, and ends with what its goal finds. No script is ever run.
import { shownAddress } from '../../../../base/shown-address.js';
import type { HttpSession, Ports } from '../../../model/ports.js';
import type { ServerTrust } from '../../../model/server-rules.js';
import { failed, hresult, refused } from '../failures.js';
import { SignInCookies } from './cookies.js';
import { filled, loginFormOf } from './login-form.js';
import { type FormField, type Page, type PageForm, readPage } from './page.js';

/** What a web view is opened for. */
interface Goal<T> {
  /** The address that is opened first. */
  readonly url: string;
  /** Sent with that request alone. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the application is given by an address that a page leads to; undefined where it is not the application's. */
  ofAddress(address: string): T | undefined;
  /** What it is given by a page. */
  ofPage(page: Page): T | undefined;
  /** The form that a person would send of a page that is no sign-in. */
  formOf(page: Page): { readonly form: PageForm; readonly press?: FormField } | undefined;
  /** What it is for, in a message. */
  readonly wanted: string;
  readonly hint: string;
}

/** Who is in front of it, and what it may open. */
export interface Viewer {
  /** User principal name. */
  readonly user?: string;
  readonly secret?: string;
  /** http addresses are opened too. */
  readonly allowHttp: boolean;
}

/** Pages, forms and redirects of one goal together: more than any real one has. */
const mostSteps = 30;
const maxPageBytes = 512 * 1024;
const longestWaitMs = 60_000;
/** What the web view of Windows 11 names itself; servers look for `Edg` or `WebView` at most: the versions are a convention. */
const userAgent =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; WebView/3.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0';

interface Navigation {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Walks until the goal is reached. Throws ENROLL_REFUSED 0x80180030 where a page does not take user and password, ENROLL_FAILED
 * 0x8018000F where no page leads to the goal, 0x8018001A for an address that is not https, and what the transport throws.
 */
export async function walk<T extends object>(
  goal: Goal<T>,
  viewer: Viewer,
  ports: Pick<Ports, 'http'>,
  server: ServerTrust,
  signal: AbortSignal,
): Promise<T> {
  const session = ports.http.open({ server });
  try {
    return await new Walk(goal, viewer, session, signal).run();
  } finally {
    session.close();
  }
}

class Walk<T extends object> {
  readonly #goal: Goal<T>;
  readonly #viewer: Viewer;
  readonly #session: HttpSession;
  readonly #signal: AbortSignal;
  readonly #cookies = new SignInCookies();
  /** Login forms that were sent, by where they go and what they ask: the same one again means that it was not taken. */
  readonly #sent = new Set<string>();

  constructor(goal: Goal<T>, viewer: Viewer, session: HttpSession, signal: AbortSignal) {
    this.#goal = goal;
    this.#viewer = viewer;
    this.#session = session;
    this.#signal = signal;
  }

  async run(): Promise<T> {
    const { url, headers } = this.#goal;
    let next: Navigation = { method: 'GET', url, ...(headers === undefined ? {} : { headers }) };
    for (let step = 0; step < mostSteps; step++) {
      const came = await this.#open(next);
      if ('reached' in came) return came.reached;
      next = came;
    }
    throw failed('sign-in', hresult.webView, `${shownAddress(next.url)}: no end after ${mostSteps} pages`);
  }

  async #open({ method, url, body, headers = {} }: Navigation): Promise<Navigation | Reached<T>> {
    this.#requireAddress(url);
    const cookies = this.#cookies.headerFor(url);
    const answer = await this.#session.request({
      operation: 'web-view',
      method,
      url,
      headers: {
        Accept: 'text/html, application/xhtml+xml, */*',
        'User-Agent': userAgent,
        ...headers,
        ...(cookies === undefined ? {} : { Cookie: cookies }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }),
      },
      ...(body === undefined ? {} : { body }),
      maxBytes: maxPageBytes,
      withinMs: longestWaitMs,
      followsRedirects: false,
      signal: this.#signal,
    });
    this.#cookies.keep(answer.headers['set-cookie'], url);
    const { status } = answer;
    const { location } = answer.headers;
    if (status >= 300 && status <= 399 && location !== undefined) {
      const isKept = (status === 307 || status === 308) && body !== undefined;
      return this.#lead(location, url, (to) => (isKept ? { method, url: to, body } : get(to)));
    }
    const page = readPage(answer.body.toString('utf8'));
    const after = this.#after(page, url);
    if (after !== undefined) return after;
    const text = `${shownAddress(url)} answered ${status} with a page that leads nowhere${page.title === '' ? '' : `: “${page.title}”`}`;
    throw failed('sign-in', hresult.webView, text, {
      details: { status, url: shownAddress(url) },
      hint: this.#goal.hint,
    });
  }

  /** What the page does by itself, or a person does with it; undefined where there is nothing to do. */
  #after(page: Page, url: string): Navigation | Reached<T> | undefined {
    const reached = this.#goal.ofPage(page);
    if (reached !== undefined) return { reached };
    const login = loginFormOf(page.forms);
    if (login !== undefined) {
      this.#requireNew(login, url);
      return this.#submit(login, url);
    }
    const found = this.#goal.formOf(page);
    return found === undefined ? undefined : this.#submit(found.form, url, found.press);
  }

  #requireNew(form: PageForm, url: string): void {
    const asks = form.fields.filter(({ type }) => type !== 'hidden').map(({ type, name }) => `${type} ${name}`);
    const key = [form.action === '' ? new URL(url).pathname : form.action, ...asks].join('\n');
    if (!this.#sent.has(key)) {
      this.#sent.add(key);
      return;
    }
    const who = this.#viewer.user === undefined ? 'nobody named' : this.#viewer.user;
    throw refused('sign-in', hresult.cancelled, `${shownAddress(url)} asks ${who} to sign in again`, {
      hint: 'The page takes neither this user nor this password: look at --user and ROLLCALL_PASSWORD.',
    });
  }

  #submit(form: PageForm, url: string, press?: FormField): Navigation | Reached<T> {
    const { hint } = this.#goal;
    if (form.enctype === 'multipart/form-data' || form.enctype === 'text/plain')
      throw failed('sign-in', hresult.webView, `a form of ${shownAddress(url)} is sent as ${form.enctype}`, { hint });
    const body = filled(form, this.#viewer, press).toString();
    const to = form.action === '' ? url : form.action;
    if (form.method === 'POST') return this.#lead(to, url, (address) => ({ method: 'POST', url: address, body }));
    return this.#lead(`${to.replace(/[?#].*$/s, '')}?${body}`, url, get); // a form of GET replaces the query
  }

  /** Goes to an address, unless it is the application's. */
  #lead(reference: string, base: string, navigate: (to: string) => Navigation): Navigation | Reached<T> {
    const reached = this.#goal.ofAddress(reference);
    if (reached !== undefined) return { reached };
    if (URL.canParse(reference, base)) {
      const url = new URL(reference, base);
      if (url.protocol === 'https:' || url.protocol === 'http:') return navigate(url.href);
    }
    const { wanted, hint } = this.#goal;
    const where = shownAddress(reference).slice(0, 200);
    throw failed('sign-in', hresult.webView, `${shownAddress(base)} leads to “${where}” without ${wanted}`, { hint });
  }

  #requireAddress(url: string): void {
    const isAllowed =
      URL.canParse(url) && ['https:', ...(this.#viewer.allowHttp ? ['http:'] : [])].includes(new URL(url).protocol);
    if (!isAllowed) throw failed('sign-in', hresult.insecureRedirect, `${shownAddress(url)} is no https address`);
  }
}

interface Reached<T> {
  readonly reached: T;
}

const get = (url: string): Navigation => ({ method: 'GET', url });
