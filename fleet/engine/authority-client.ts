import { z } from 'zod';
import type { Http, HttpAnswer } from '../../agent/index.js';
import { type Authority, authorities } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';

/** What a run asks of the authority it loads. Graph's spelling where Graph has a word, /stub/v1 where it has none. */
export interface AuthorityClient {
  authority(): Promise<Authority | undefined>;
  setAuthority(to: Authority): Promise<void>;
  renewPushCertificate(): Promise<void>;
  /** Which authority manages each device, by the platform's own identifier of the device. */
  managedBy(): Promise<Map<string, Authority>>;
}

const authorityName = z.enum(Object.keys(authorities) as [Authority, ...Authority[]]);
const organizations = z.object({
  value: z.tuple(
    [z.object({ id: z.string(), mobileDeviceManagementAuthority: authorityName.optional() })],
    z.unknown(),
  ),
});
const devicePage = z.object({
  '@odata.nextLink': z.string().optional(),
  value: z.array(z.object({ rollcall: z.object({ deviceId: z.string(), managedBy: authorityName }) })),
});

/** Talks to the admin API below `origin` with a bearer token. Throws ADMIN_REFUSED with Graph's code and message. */
export function createAuthorityClient(origin: string, token: string, http: Http, signal: AbortSignal): AuthorityClient {
  async function call(method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<unknown> {
    const session = http.open();
    try {
      const answer = await session.request({
        method,
        url: new URL(path, origin).href,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        maxBytes: 16 * 1024 * 1024,
        signal,
      });
      if (answer.status >= 300) throw refused(method, path, answer);
      return answer.body.length === 0 ? undefined : parsed(method, path, answer);
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
    async managedBy() {
      const found = new Map<string, Authority>();
      const first = '/v1.0/deviceManagement/managedDevices?$select=rollcall&$top=1000';
      for (let path: string | undefined = first; path !== undefined; ) {
        const page: z.infer<typeof devicePage> = read(devicePage, await call('GET', path));
        for (const { rollcall } of page.value) found.set(rollcall.deviceId, rollcall.managedBy);
        const next = page['@odata.nextLink'];
        path = next === undefined ? undefined : new URL(next).pathname + new URL(next).search;
      }
      return found;
    },
  };
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw fleetError(
    'ADMIN_REFUSED',
    `the admin API answered something else than it should: ${z.prettifyError(result.error)}`,
  );
}

function parsed(method: string, path: string, { body }: HttpAnswer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw fleetError('ADMIN_REFUSED', `${method} ${path} answered no JSON`, { cause });
  }
}

const graphError = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

function refused(method: string, path: string, { status, body }: HttpAnswer) {
  const text = body.toString('utf8').slice(0, 500);
  let why = text;
  try {
    const { error } = graphError.parse(JSON.parse(body.toString('utf8')));
    why = `${error.code}: ${error.message}`;
  } catch {
    // not in Graph's form: as it is
  }
  return fleetError('ADMIN_REFUSED', `${method} ${path} answered ${status}${why === '' ? '' : `: ${why}`}`, {
    details: { status },
  });
}
