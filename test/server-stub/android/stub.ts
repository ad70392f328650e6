// The Android dialect of a stub authority on a manual clock. Its routes are called in process: sockets are no subject here.
import { requestSignature, signedText } from '../../../protocol/headwind/signature.js';
import type { AndroidOptions } from '../../../server-stub/android/context.js';
import { type AndroidHandle, android } from '../../../server-stub/android/dialect.js';
import { openAuthority } from '../../../server-stub/authority.js';
import type { CommonAuthority } from '../../../server-stub/authority-options.js';
import type { Dialect, OpenDialect } from '../../../server-stub/dialect.js';
import type { Route, StubAnswer, StubRequest } from '../../../server-stub/http-types.js';
import { createRouter } from '../../../server-stub/router.js';
import { openStubOf, type Stub, type StubOptions } from '../ios/stub.js';

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is JSON. */
  readonly body?: unknown;
  /** Default: as what it is. */
  readonly type?: string | undefined;
  /** Sign as the server wants it. Default true. */
  readonly signed?: boolean;
  readonly secret?: string;
}

export interface Answered {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Of an envelope. */
  readonly json: { readonly status: string; readonly message: string | null; readonly data: never };
}

export interface AndroidStub extends Stub<CommonAuthority> {
  readonly android: AndroidHandle;
  readonly routes: readonly Route[];
  /** A request to the routes themselves; the path may have a query. */
  call(method: string, path: string, ask?: Ask): Promise<Answered>;
}

/** Closed when the test ends. */
export async function openAndroid(
  options: StubOptions & { readonly android?: AndroidOptions } = {},
): Promise<AndroidStub> {
  let own: OpenDialect<AndroidHandle> | undefined;
  const noting: Dialect<AndroidOptions, AndroidHandle> = {
    ...android,
    async open(services, given) {
      own = await android.open(services, given);
      return own;
    },
  };
  const stub = await openStubOf(
    (given) =>
      openAuthority({ ...given, ...(given.clock && { networkClock: given.clock }), ...options }, { android: noting }),
    {
      tls: false,
      ...options,
    },
  );
  if (own === undefined) throw new Error('the dialect was not opened');
  const { routes, handle, unroutable } = own;
  const find = createRouter(routes);
  const prefix = options.android?.contextPath ?? '';
  return {
    ...stub,
    android: handle,
    routes,
    async call(method, path, ask = {}) {
      const [raw = '', query = ''] = path.split('?');
      const match = find(method, raw);
      if (match.kind !== 'route') {
        const status = { 'not-found': 404, 'bad-path': 400, 'other-method': 405 }[match.kind];
        return answered(unroutable?.(raw, status) ?? { status });
      }
      const { body, type = body === undefined ? undefined : 'application/json', signed = true } = ask;
      const { params, route } = match;
      const request: StubRequest = {
        method,
        path: raw,
        query: new URLSearchParams(query),
        headers: {
          host: new URL(stub.authority.url).host,
          ...(type !== undefined && { 'content-type': type }),
          ...(signed && { 'x-request-signature': signatureOf(raw, params['number'] ?? '', prefix, ask.secret) }),
          ...ask.headers,
        },
        body: bytesOf(body),
        params,
        remote: '127.0.0.1',
      };
      return answered(await route.handle(request));
    },
  };
}

const bytesOf = (body: unknown): Buffer => {
  if (body === undefined) return Buffer.alloc(0);
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
};

function signatureOf(path: string, number: string, prefix: string, secret = 'changeme-C3z9vi54'): string {
  if (path.includes('/files/')) {
    return requestSignature(secret, decodeURIComponent(path.slice(path.indexOf('/files/') + '/files/'.length)));
  }
  const text = path.includes('/polling/') ? signedText.polling(prefix.slice(1), number) : signedText.sync(number);
  return requestSignature(secret, text);
}

function answered({ status, headers = {}, body = '' }: StubAnswer): Answered {
  const text = Buffer.from(body as string).toString('utf8');
  return {
    status,
    type: headers['content-type'] ?? '',
    headers,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}

export const configurationPath = (number: string): string =>
  `/rest/public/sync/configuration/${encodeURIComponent(number)}`;

/** What a device says of itself; `changes` win. */
export const infoOf = (number: string, changes: object = {}) => ({
  deviceId: number,
  model: 'Pixel 8',
  permissions: [1, 1, 1, 0],
  applications: [{ name: 'Headwind MDM', pkg: 'com.hmdm.launcher', version: '6.36' }],
  files: [],
  imei: `35693803564${number.replaceAll(/\D/g, '').padStart(4, '0').slice(-4)}`,
  serial: `SN-${number}`,
  cpu: 'arm64-v8a',
  batteryLevel: 77,
  androidVersion: '15',
  mdmMode: true,
  kioskMode: false,
  launcherType: 'opensource',
  launcherPackage: 'com.hmdm.launcher',
  defaultLauncher: true,
  ...changes,
});

export const sendInfo = (stub: AndroidStub, number: string, changes: object = {}): Promise<Answered> =>
  stub.call('POST', '/rest/public/sync/info', { body: infoOf(number, changes), signed: false });

/** Extras of the QR code of this user. */
export async function extrasOf(stub: AndroidStub, user: string): Promise<Record<string, unknown>> {
  const { text } = await stub.call('GET', `/rest/public/qr/json/${encodeURIComponent(user)}?create=1`);
  return JSON.parse(text);
}

/** POST as a device does that was invited by a QR code. `told`: what it says of itself, by convention. */
export async function post(
  stub: AndroidStub,
  number: string,
  user: string,
  { told, headers = {} }: { readonly told?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answered> {
  const extras = await extrasOf(stub, user);
  const groups = extras['com.hmdm.GROUP'];
  const body = {
    customer: null,
    configuration: extras['com.hmdm.CONFIG'] ?? null,
    groups: typeof groups === 'string' ? groups.split(',') : null,
    ...(told !== undefined && { rollcall: told }),
  };
  return stub.call('POST', configurationPath(number), { body, headers });
}

/** Enrolled, its first configuration fetched and applied. */
export async function enrolled(stub: AndroidStub, number: string, user: string): Promise<void> {
  await post(stub, number, user);
  await sendInfo(stub, number);
  await checkIn(stub, number);
}

/** GET and sync/info; the data of the configuration. */
export async function checkIn(
  stub: AndroidStub,
  number: string,
  changes: object = {},
): Promise<Record<string, unknown>> {
  const { json } = await stub.call('GET', configurationPath(number));
  await sendInfo(stub, number, changes);
  return json.data;
}

/** Asks the administration; answers are JSON or nothing. */
export const asking = (stub: AndroidStub) => async (method: string, path: string, body?: object) => {
  const headers = { authorization: `Bearer ${stub.authority.adminTokens.administrator}` };
  const reply = await stub.send(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return {
    status: reply.status,
    json: reply.body.length === 0 ? undefined : JSON.parse(reply.body.toString('utf8')),
  };
};
