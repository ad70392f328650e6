// What a device shows to an authority: user and password, a token that was given, or what a web view brings (specs/windows.md §1.2).
import { describe, expect, it } from 'vitest';
import { readPage } from '../../../../agent/platform/windows/web/page.js';
import { readScriptForm } from '../../../../agent/platform/windows/web/script-form.js';
import { appru } from '../../../../agent/platform/windows/web/web-view.js';
import { type Credential, valueTypes } from '../../../../protocol/mde2/credentials.js';
import { decodeDiscover } from '../../../../protocol/mde2/discover.js';
import { fleetToken } from '../../../../protocol/mde2/fleet-token.js';
import { decodeGetPolicies } from '../../../../protocol/mde2/policies.js';
import { decodeRequestToken } from '../../../../protocol/mde2/request-token.js';
import type { Script, SeenRequest } from '../../../support/scripted-http.js';
import { addresses, EnrollmentServer, origin, type Stage, stage } from './enroll-stage.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const user = 'user1@contoso.example';

/** What GetPolicies and RequestSecurityToken carried: the same in both. */
function shown({ http }: Stage): Credential | undefined {
  const posted = (url: string) => http.requests.find((each) => each.method === 'POST' && each.url === url);
  const [policy, request] = [posted(addresses.policy), posted(addresses.enrollment)];
  if (policy === undefined || request === undefined) throw new Error('it did not come so far');
  const { credential } = decodeRequestToken(request.bytes);
  expect(decodeGetPolicies(policy.bytes).credential).toEqual(credential);
  return credential;
}

describe('the credential', () => {
  it('is user and password where the server says OnPremise', async () => {
    const at = stage(new EnrollmentServer());
    await at.enroll({ secret: 'pass & word' });
    expect(shown(at)).toEqual({ kind: 'username', username: user, password: 'pass & word' });
  });

  it('has an empty password for a user without one', async () => {
    const at = stage(new EnrollmentServer());
    await at.enroll();
    expect(shown(at)).toEqual({ kind: 'username', username: user, password: '' });
  });

  it.each([
    ['OnPremise', { user: undefined }],
    ['Certificate', {}],
  ])('is missed where the server says %s', async (authPolicy, invitation) => {
    const at = stage(new EnrollmentServer({ discover: { authPolicy } }));
    await expect(at.enroll(invitation as never)).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      details: { hresult: '0x8018000E', hresultName: 'MENROLL_E_PASSWORD_NEEDED' },
    });
    expect(at.asked).toHaveLength(2);
  });

  it.each(['OnPremise', 'Federated', 'Certificate'])(
    'is a token that was given, though the server says %s',
    async (authPolicy) => {
      const at = stage(new EnrollmentServer({ discover: { authPolicy } }));
      await at.enroll({ token: fleetToken('node-key') });
      expect(shown(at)).toEqual({
        kind: 'token',
        token: base64('{"type":1,"payload":{"orbit_node_key":"node-key"}}'),
        valueType: valueTypes.userToken,
      });
    },
  );

  it('is by a program with a token: nobody is named unless somebody is given', async () => {
    const at = stage(new EnrollmentServer());
    await at.enroll({ token: fleetToken('node-key'), user: undefined } as never);
    const request = at.http.requests.find(({ method, url }) => method === 'POST' && url === addresses.discovery);
    expect(decodeDiscover(request?.bytes ?? Buffer.alloc(0)).emailAddress).toBe('');
    const rst = at.http.requests.at(-1)?.bytes ?? Buffer.alloc(0);
    expect(decodeRequestToken(rst).context[0]).toEqual(['UXInitiated', 'false']);
  });

  it.each([
    ['{"type":1}', base64('{"type":1}'), valueTypes.userToken],
    // 64 hexadecimal digits are base64 by chance, of no text
    ['0A1B'.repeat(16), base64('0A1B'.repeat(16)), valueTypes.userToken],
    ['eyJhbGciOiJSUzI1NiJ9.eyJ1cG4iOiJ1In0.c2ln', base64('eyJhbGciOiJSUzI1NiJ9.eyJ1cG4iOiJ1In0.c2ln'), valueTypes.jwt],
    [' bm90aGluZw== \n', 'bm90aGluZw==', valueTypes.userToken],
  ])('is sent as base64: %s', async (token, sent, valueType) => {
    const at = stage(new EnrollmentServer());
    await at.enroll({ token });
    expect(shown(at)).toEqual({ kind: 'token', token: sent, valueType });
  });
});

const federated = { authPolicy: 'Federated', authenticationUrl: `${addresses.sts}?flow=enroll` };

/** An enrollment at a server whose pages are answered by `pages`. */
function withPages(pages: Script, authenticationUrl: string = federated.authenticationUrl): Stage {
  const server = new EnrollmentServer({ discover: { ...federated, authenticationUrl } });
  server.override = (request) => (new URL(request.url).pathname.startsWith('/sts') ? pages(request) : undefined);
  return stage(server);
}
const page = (body: string, title = 'Contoso') =>
  `<!doctype html><html><head><title>${title}</title></head><body>${body}</body></html>`;
const ending = (token: string) =>
  page(
    `<form id=f method="post" action="${appru}"><input type=hidden name=wresult value="${token}"></form><script>f.submit()</script>`,
  );
const formOf = ({ bytes }: SeenRequest) => Object.fromEntries(new URLSearchParams(bytes.toString()));

describe('the function of an invitation', () => {
  it('signs in at the address that the server names', async () => {
    const at = withPages(() => {
      throw new Error('no page is opened');
    });
    const asked: unknown[] = [];
    await at.enroll({
      token: async (request) => {
        asked.push(request);
        return 'by a function';
      },
    });
    expect(asked).toEqual([{ url: federated.authenticationUrl, user }]);
    expect(shown(at)).toEqual({ kind: 'token', token: base64('by a function'), valueType: valueTypes.userToken });
  });

  it('may fail as it likes', async () => {
    const at = withPages(() => undefined);
    const token = async () => {
      throw new TypeError('no browser');
    };
    await expect(at.enroll({ token })).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      message: 'sign-in: 0x8018000F MENROLL_E_WAB_ERROR: the sign-in failed: no browser',
    });
  });
});

describe('the web view', () => {
  it('opens the address with appru and login_hint behind what it has', async () => {
    for (const [url, first] of [
      [addresses.sts, `${addresses.sts}?`],
      [`${addresses.sts}?flow=enroll`, `${addresses.sts}?flow=enroll&`],
    ] as const) {
      const at = withPages(() => ending('token'), url);
      await at.enroll();
      expect(at.asked[2]).toBe(
        `GET ${first}appru=ms-app%3A%2F%2Fwindows.immersivecontrolpanel&login_hint=user1%40contoso.example`,
      );
      expect(shown(at)).toMatchObject({ token: base64('token') });
    }
  });

  it('signs in on a form, with its cookies and its hidden fields, and goes where it is led', async () => {
    const at = withPages((request) => {
      const { pathname } = new URL(request.url);
      const cookie = request.headers?.['Cookie'];
      if (pathname === '/sts')
        return {
          body: Buffer.from(
            page(`<form method=post action="/sts/login?next=1"><input name=csrf type=hidden value="a&amp;b">
              <input type="text" name="username"><input type="password" name="pw"><input type=checkbox name=remember>
              <button name=go value=1>Sign in</button></form>`),
          ),
          headers: {
            'set-cookie': 'csrf=a; Path=/sts; Expires=Wed, 25 Nov 2037 08:00:00 GMT; Secure, lang=en; HttpOnly',
          },
        };
      if (pathname === '/sts/login') {
        expect(cookie).toBe('csrf=a; lang=en');
        expect(request.headers?.['Content-Type']).toBe('application/x-www-form-urlencoded');
        expect(formOf(request)).toEqual({ csrf: 'a&b', username: user, pw: 'secret', go: '1' });
        return { status: 302, headers: { location: 'done', 'set-cookie': 'session=s; Path=/' } };
      }
      expect(request.method).toBe('GET');
      expect(cookie?.split('; ').sort()).toEqual(['csrf=a', 'lang=en', 'session=s']);
      return ending('opaque &quot;token&quot;');
    });
    await at.enroll({ secret: 'secret' });
    expect(shown(at)).toEqual({ kind: 'token', token: base64('opaque "token"'), valueType: valueTypes.userToken });
    expect(at.http.openSessions()).toBe(0);
  });

  it('submits what has nothing to fill in, and asks user and password on two pages', async () => {
    const at = withPages((request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/sts')
        return page(
          '<form action=/sts/2 method=POST><input type=hidden name=state value=7></form><script>document.forms[0].submit()</script>',
        );
      if (pathname === '/sts/2') {
        expect(formOf(request)).toEqual({ state: '7' });
        return page('<form action=/sts/3><input type=email name=id value=old></form>');
      }
      if (pathname === '/sts/3') {
        expect([request.method, new URL(request.url).search]).toEqual(['GET', '?id=user1%40contoso.example']);
        return page('<form method=post action=/sts/4><input type=password name=p></form>');
      }
      expect(formOf(request)).toEqual({ p: 'secret' });
      return ending('two pages');
    });
    await at.enroll({ secret: 'secret' });
    expect(shown(at)).toMatchObject({ token: base64('two pages') });
  });

  it('sees a password refused when the same form comes again', async () => {
    const at = withPages(() => page('<form method=post><input name=user><input type=password name=p></form>'));
    await expect(at.enroll({ secret: 'wrong' })).rejects.toMatchObject({
      code: 'ENROLL_REFUSED',
      message: expect.stringContaining('sign-in: 0x80180030 MENROLL_E_USER_CANCELLED'),
      hint: expect.stringContaining('ROLLCALL_PASSWORD'),
    });
    expect(at.asked).toHaveLength(4);
  });

  it.each([
    ['a page for people', () => page('<p>Ask your administrator', 'Contoso has closed')],
    ['an empty page', () => ''],
    ['a redirect to an app without a token', () => ({ status: 302, headers: { location: appru } })],
    [
      'a file to be sent',
      () => page('<form enctype="multipart/form-data" method=post><input type=hidden name=a></form>'),
    ],
    ['a circle', () => ({ status: 302, headers: { location: '/sts' } })],
  ])('ends with MENROLL_E_WAB_ERROR at %s', async (_what, answer) => {
    const at = withPages(answer);
    await expect(at.enroll()).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      details: { hresult: '0x8018000F', hresultName: 'MENROLL_E_WAB_ERROR', step: 'sign-in' },
    });
    expect(at.asked.length).toBeLessThanOrEqual(32);
    expect(at.http.openSessions()).toBe(0);
  });

  it('opens nothing without TLS', async () => {
    const at = withPages(() => ({ status: 302, headers: { location: 'http://mdm.test/sts' } }));
    await expect(at.enroll()).rejects.toMatchObject({ details: { hresult: '0x8018001A' } });
    expect(at.asked).toHaveLength(3);
    const first = withPages(() => undefined, 'http://mdm.test/sts');
    await expect(first.enroll()).rejects.toMatchObject({ details: { hresult: '0x8018001A' } });
  });

  it('needs the address of the pages', async () => {
    const server = new EnrollmentServer({ discover: { authPolicy: 'Federated' } });
    await expect(stage(server).enroll()).rejects.toMatchObject({ details: { hresult: '0x8018000F' } });
  });

  it('keeps cookies from other sites', async () => {
    const at = withPages(({ url, headers }) => {
      if (url.startsWith(origin))
        return {
          status: 302,
          headers: { location: 'https://other.test/sts', 'set-cookie': 'a=1, b=2; Domain=other.test' },
        };
      expect(headers?.['Cookie']).toBeUndefined();
      return ending('elsewhere');
    });
    await at.enroll();
    expect(shown(at)).toMatchObject({ token: base64('elsewhere') });
  });
});

describe('a form that is built by script', () => {
  const built = (action: string, value: string) => `
    function post() {
      var form = document.createElement('form');
      form.method = 'POST'; form.action = ${action};
      var other = document.createElement('input'); other.name = 'wctx'; other.value = 'x';
      const input = document.createElement("input");
      input.type = 'hidden';
      input.name = 'wresult';
      input.value = ${value};
      form.appendChild(input); document.body.appendChild(form); form.submit();
    }
    post();`;

  it('is recognised, and never run', async () => {
    const at = withPages(() => page(`<script>${built(`"${appru}"`, "'of a script'")} throw new Error()</script>`));
    await at.enroll();
    expect(shown(at)).toMatchObject({ token: base64('of a script') });
  });

  it.each([
    ["'a\\'b\\u0041\\x42\\n'", "a'bAB\n"],
    ['`back`', 'back'],
    ['"a\\/b"', 'a/b'],
  ])('has the text %s', (literal, text) => {
    expect(readScriptForm(built('"ms-app://x"', literal))).toEqual({ action: 'ms-app://x', wresult: text });
  });

  it.each([
    ['no token', built('"ms-app://x"', 'token')],
    ['no submit', built('"ms-app://x"', '"t"').replace('.submit', '.send')],
    ['an action that is worked out', built('where()', '"t"')],
    ['a template with holes', built('"ms-app://x"', '`$' + '{token}`')],
  ])('is none with %s', (_what, script) => {
    expect(readScriptForm(script)).toBeUndefined();
  });

  it('gives a token to no page of the web', async () => {
    const at = withPages(() => page(`<script>${built('"https://evil.test/"', '"t"')}</script>`));
    await expect(at.enroll()).rejects.toMatchObject({ details: { hresult: '0x8018000F' } });
  });
});

describe('a hostile page', () => {
  it.each([
    ['100,000 forms', '<form>'.repeat(100_000)],
    ['100,000 fields', `<form>${'<input name=a>'.repeat(100_000)}`],
    ['a deep one', '<div>'.repeat(100_000)],
    ['a long name', `<form><input name="${'a'.repeat(500_000)}">`],
    ['names of objects', '<form><constructor><__proto__><input name=__proto__ value=1><toString>'],
    ['an open script', `<script>${'x.name="wresult";'.repeat(20_000)}`],
  ])('with %s is read within bounds', (_what, html) => {
    const { forms, scripts } = readPage(html);
    expect(forms.length).toBeLessThanOrEqual(20);
    expect(forms.every(({ fields }) => fields.length <= 200)).toBe(true);
    expect(scripts.join('').length).toBeLessThanOrEqual(512 * 1024);
  });

  it('with a script that is all identifiers is read as fast as it is long', () => {
    expect(readScriptForm(`wresult.submit${'a'.repeat(400_000)}`)).toBeUndefined();
    expect(readScriptForm(`wresult.submit ${'a.name'.repeat(80_000)}`)).toBeUndefined();
    expect(readScriptForm(`wresult.submit a.name = "${'\\'.repeat(400_001)}`)).toBeUndefined();
  });
});
