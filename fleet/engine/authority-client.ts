import type { Http, HttpAnswer } from '../../agent/index.js';
import type { Authority } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';

/** What a run asks of the authority it loads. Graph's spelling where Graph has a word, /stub/v1 where it has none. */
export interface AuthorityClient {
  setAuthority(to: Authority): Promise<void>;
  renewPushCertificate(): Promise<void>;
  /** How many devices the latest change has moved and how many still wait. */
  latestChange(): Promise<{ moved: number; waiting: number; notified: number } | undefined>;
  deviceCount(): Promise<number>;
  assertReachable(): Promise<void>;
}

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
      return answer.body.length === 0 ? undefined : JSON.parse(answer.body.toString('utf8'));
    } finally {
      session.close();
    }
  }
  const list = async (path: string): Promise<Record<string, unknown>[]> => {
    const answer = (await call('GET', path)) as { value?: Record<string, unknown>[] } | undefined;
    return answer?.value ?? [];
  };
  return {
    async setAuthority(to) {
      const [organization] = await list('/v1.0/organization');
      const id = encodeURIComponent(String(organization?.['id']));
      await call('POST', `/v1.0/organization/${id}/setMobileDeviceManagementAuthority`, {
        mobileDeviceManagementAuthority: to,
      });
    },
    async renewPushCertificate() {
      await call('PATCH', '/v1.0/deviceManagement/applePushNotificationCertificate', {
        appleIdentifier: 'rollcall@contoso.example',
      });
    },
    async latestChange() {
      const change = (await list('/stub/v1/authority/changes')).at(-1);
      if (change === undefined) return undefined;
      return {
        moved: Number(change['moved']),
        waiting: Number(change['waiting']),
        notified: Number(change['notified']),
      };
    },
    async deviceCount() {
      const answer = (await call('GET', '/v1.0/deviceManagement/managedDevices?$top=1&$count=true')) as Record<
        string,
        unknown
      >;
      return Number(answer['@odata.count'] ?? 0);
    },
    async assertReachable() {
      await call('GET', '/v1.0/organization');
    },
  };
}

function refused(method: string, path: string, answer: HttpAnswer) {
  const text = answer.body.toString('utf8').slice(0, 500);
  return fleetError('ADMIN_REFUSED', `${method} ${path} answered ${answer.status}: ${text}`, {
    details: { status: answer.status },
  });
}
