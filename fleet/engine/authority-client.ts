import { z } from 'zod';
import type { Http, HttpAnswer } from '../../agent/index.js';
import { isRollcallError, type Refuse } from '../../base/errors.js';
import { readJsonObject } from '../../base/json.js';
import { describeMisfit } from '../../protocol/vocabulary/misfit.js';
import { type Authority, authorities } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';

/** What a run asks of the authority it loads. Graph's spelling where Graph has a word, /stub/v1 where it has none. */
export interface AuthorityClient {
  authority(): Promise<Authority | undefined>;
  setAuthority(to: Authority): Promise<void>;
  renewPushCertificate(): Promise<void>;
  /** The stub's clock goes on by this time (milliseconds); resolves when all that fell due is done. */
  advanceClock(ms: number): Promise<void>;
  /** Which authority manages each device, by the platform's own identifier of the device. The signal is one more to stop it. */
  managedBy(signal?: AbortSignal): Promise<Map<string, Authority>>;
}

const authorityName = z.enum(Object.keys(authorities) as [Authority, ...Authority[]]);
const organizations = z.object({
  value: z.tuple(
    [z.object({ id: z.string(), mobileDeviceManagementAuthority: authorityName.optional() })],
    z.unknown(),
  ),
});
const devicePage = z.object({
  '@odata.nextLink': z
    .string()
    .max(64 * 1024)
    .optional(),
  value: z.array(z.unknown()),
});
const listedDevice = z.object({ rollcall: z.object({ deviceId: z.string().max(1024), managedBy: authorityName }) });

/** Bounds on what an authority may answer: far above what a run needs, and far below what would stop it. */
const answerLimits = { maxBytes: 16 * 1024 * 1024, maxDepth: 64 };
const mostOnPage = 10_000;
const mostPages = 10_000;
const mostListed = 2_000_000;
/** A page may be empty (OData-Protocol 11.2.6.7); pages and pages without anything new are a list without end. */
const mostPagesWithoutNew = 10;
const devicesPath = '/v1.0/deviceManagement/managedDevices';

/**
 * Talks to the admin API below `origin` with a bearer token. Throws ADMIN_REFUSED with Graph's code and message, and for an
 * answer that is none or has no end; INTERRUPTED, and TRANSPORT_LOST where none came.
 */
export function createAuthorityClient(origin: string, token: string, http: Http, signal: AbortSignal): AuthorityClient {
  async function call(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: unknown,
    also?: AbortSignal,
  ): Promise<unknown> {
    const session = http.open();
    try {
      const answer = await session.request({
        method,
        url: new URL(path, origin).href,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        maxBytes: answerLimits.maxBytes,
        signal: also === undefined ? signal : AbortSignal.any([signal, also]),
      });
      if (answer.status >= 300) throw refused(method, path, answer);
      return answer.body.length === 0 ? undefined : parsed(method, path, answer);
    } catch (cause) {
      if (!isRollcallError(cause) || !/^HTTP_/.test(cause.code)) throw cause;
      throw fleetError('ADMIN_REFUSED', `${method} ${path}: ${cause.message}`, { cause });
    } finally {
      session.close();
    }
  }
  const organization = async () => read(organizations, await call('GET', '/v1.0/organization')).value[0];
  return {
    authority: async () => (await organization()).mobileDeviceManagementAuthority,
    async setAuthority(to) {
      const { id } = await organization();
      await call('POST', `/v1.0/organization/${encodeURIComponent(id)}/setMobileDeviceManagementAuthority`, {
        mobileDeviceManagementAuthority: to,
      });
    },
    async renewPushCertificate() {
      await call('PATCH', '/v1.0/deviceManagement/applePushNotificationCertificate', {
        appleIdentifier: 'rollcall@contoso.example',
      });
    },
    async advanceClock(ms) {
      await call('POST', '/stub/v1/clock', { advance: `${ms}ms` });
    },
    async managedBy(also) {
      const found = new Map<string, Authority>();
      let path: string | undefined = `${devicesPath}?$select=rollcall&$top=1000`;
      let withoutNew = 0;
      for (let pages = 1; path !== undefined; pages++) {
        const { devices, next } = readPage(await call('GET', path, undefined, also));
        const before = found.size;
        for (const { deviceId, managedBy } of devices) found.set(deviceId, managedBy);
        withoutNew = found.size === before ? withoutNew + 1 : 0;
        const isEndless = pages === mostPages || found.size > mostListed || withoutNew > mostPagesWithoutNew;
        if (next !== undefined && isEndless)
          throw fleetError(
            'ADMIN_REFUSED',
            `the list of devices has no end: ${pages} pages, ${found.size} devices so far`,
          );
        path = next === undefined ? undefined : pathOfNext(next, origin);
      }
      return found;
    },
  };
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw somethingElse(describeMisfit(result.error));
}

const somethingElse = (why: string) =>
  fleetError('ADMIN_REFUSED', `the admin API answered something else than it should: ${why}`);

/** One page; its devices are looked at one by one, up to the first that is none. */
function readPage(answer: unknown) {
  const { value } = typeof answer === 'object' && answer !== null && 'value' in answer ? answer : { value: undefined };
  if (Array.isArray(value) && value.length > mostOnPage)
    throw somethingElse(`${value.length} devices on a page, at most ${mostOnPage} are read`);
  const page = read(devicePage, answer);
  return { devices: page.value.map((each) => read(listedDevice, each).rollcall), next: page['@odata.nextLink'] };
}

/** The next page is asked for where the first was, whatever host it names: the token goes nowhere else. */
function pathOfNext(next: string, origin: string): string {
  const url = URL.canParse(next, origin) ? new URL(next, origin) : undefined;
  if (url?.pathname === devicesPath) return url.pathname + url.search;
  throw somethingElse(`"${next.slice(0, 200)}" does not lead to the next page of devices`);
}

function parsed(method: string, path: string, { body }: HttpAnswer): unknown {
  const refuse: Refuse = (why, context) =>
    fleetError('ADMIN_REFUSED', `${method} ${path} answered no JSON: ${why}`, context);
  return readJsonObject(body, 'the answer', refuse, answerLimits);
}

const graphError = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

function refused(method: string, path: string, { status, body }: HttpAnswer) {
  let why = body.subarray(0, 2000).toString('utf8').slice(0, 500);
  try {
    const { error } = graphError.parse(JSON.parse(body.subarray(0, 64 * 1024).toString('utf8')));
    why = `${error.code}: ${error.message}`.slice(0, 500);
  } catch {
    // not in Graph's form: as it is
  }
  return fleetError('ADMIN_REFUSED', `${method} ${path} answered ${status}${why === '' ? '' : `: ${why}`}`, {
    details: { status },
  });
}
