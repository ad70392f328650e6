// The cookies of one sign-in (RFC 6265); they are gone with it.
import { CookieJar } from 'tough-cookie';

/** More than any sign-in sets; what is beyond is not kept. */
const mostCookies = 200;
const longestCookie = 8192;

export class SignInCookies {
  readonly #jar = new CookieJar(undefined, { looseMode: true });
  #count = 0;

  /** Keeps what an answer of this address sets; `header` as the Http port gives it, several joined by commas. */
  keep(header: string | undefined, url: string): void {
    if (header === undefined) return;
    // A comma begins a cookie where a name and an equals sign follow it; the one in Expires has a day before it and a date behind.
    for (const cookie of header.split(/,\s*(?=[^\s;,=]+=)/)) {
      if (cookie.length > longestCookie || ++this.#count > mostCookies) continue;
      this.#jar.setCookieSync(cookie, url, { ignoreError: true });
    }
  }

  /** Value of the Cookie header for a request to this address; undefined where there is none. */
  headerFor(url: string): string | undefined {
    return this.#jar.getCookieStringSync(url) || undefined;
  }
}
