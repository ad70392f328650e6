import type { z } from 'zod';
import { createHttp, type Http, type HttpAnswer, type HttpOptions, type HttpSession } from '../../agent/index.js';
import { isRollcallError, type Refuse } from '../../base/errors.js';
import { readJsonObject } from '../../base/json.js';
import { describeMisfit } from '../../protocol/vocabulary/misfit.js';
import type { Authority } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';
import {
  bmsAnswer,
  clockAnswer,
  configurations,
  devicePage,
  graphError,
  listedDevice,
  organizations,
  products,
} from './authority-answers.js';

/** What a run asks of the authority it loads. Graph's spelling where Graph has a word, /stub/v1 where it has none. */
export interface AuthorityClient {
  authority(): Promise<Authority | undefined>;
  setAuthority(to: Authority): Promise<void>;
  renewPushCertificate(): Promise<void>;
  /** How far Basic Mobility and Security is (B1, B8); undefined where the authority does not say. */
  bmsState(): Promise<string | undefined>;
  /** What the stub's clock shows (ms since the epoch), and how fast it goes; 0: it stands. */
  clock(): Promise<ClockReading>;
  /** It goes so fast from now on; 0: it stands. */
  setClockScale(scale: number): Promise<ClockReading>;
  /** The devices that are managed, by the platform's own identifier of the device. */
  devices(signal?: AbortSignal): Promise<Map<string, ListedDevice>>;
  /** Asks each to check in, or retires it: by Graph's ids, a few at a time, over connections that are kept. */
  actOnDevices(action: 'syncDevice' | 'retire', ids: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Sets keys of the profile of this name that is the present authority's. Answers what it was before, without its secrets. */
  changeProfile(name: string, set: Settings): Promise<FormerProfile>;
  /** Users get or lose products, by their names (skuPartNumber). */
  changeLicences(
    users: readonly string[],
    change: { readonly add?: string | undefined; readonly remove?: string | undefined },
    signal?: AbortSignal,
  ): Promise<void>;
  /** There is no way back. */
  enableCoexistence(): Promise<void>;
  /** The stub's clock goes on by this time (milliseconds); resolves when all that fell due is done. */
  advanceClock(ms: number): Promise<void>;
  /** Which authority manages each device, by the platform's own identifier of the device. The signal is one more to stop it. */
  managedBy(signal?: AbortSignal): Promise<Map<string, Authority>>;
}

export type Settings = Readonly<Record<string, string | number | boolean>>;
/** What a profile is known by on platforms whose protocol has no word for its name: its kind, and what its settings were. */
export interface FormerProfile {
  readonly kind: string;
  readonly settings: Settings;
}
export interface ClockReading {
  readonly now: number;
  readonly scale: number;
}
export interface ListedDevice {
  /** Graph's. */
  readonly id: string;
  readonly managedBy: Authority;
}

/** Of requests that are made for many devices or users. */
const atATime = 16;
const answerMs = 60_000;
/** A move of the clock is answered when all that falls due on its way was done: of a year, or of many devices, after minutes. */
const moveMs = 15 * 60_000;

/** Bounds on what an authority may answer: far above what a run needs, and far below what would stop it. */
const answerLimits = { maxBytes: 16 * 1024 * 1024, maxDepth: 64 };
const mostOnPage = 10_000;
const mostPages = 10_000;
const mostListed = 2_000_000;
/** A page may be empty (OData-Protocol 11.2.6.7); pages and pages without anything new are a list without end. */
const mostPagesWithoutNew = 10;
const clockPath = '/stub/v1/clock';
const profilesPath = '/v1.0/deviceManagement/deviceConfigurations';
const devicesPath = '/v1.0/deviceManagement/managedDevices';

/** As patient as the longest request of such a client has to be; each bounds itself. */
export const adminHttp = (options: Omit<HttpOptions, 'timeoutMs'>): Http =>
  createHttp({ ...options, timeoutMs: moveMs });

/**
 * Talks to the admin API below `origin` with a bearer token. Throws ADMIN_REFUSED with Graph's code and message, and for an
 * answer that is none or has no end; INTERRUPTED, and TRANSPORT_LOST where none came. `http`: of `adminHttp`.
 */
export function createAuthorityClient(origin: string, token: string, http: Http, signal: AbortSignal): AuthorityClient {
  async function call(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: unknown,
    also?: AbortSignal,
    { session: kept, withinMs = answerMs }: { session?: HttpSession; withinMs?: number } = {},
  ): Promise<unknown> {
    const session = kept ?? http.open();
    try {
      const answer = await session.request({
        method,
        url: new URL(path, origin).href,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        maxBytes: answerLimits.maxBytes,
        withinMs,
        signal: also === undefined ? signal : AbortSignal.any([signal, also]),
      });
      if (answer.status >= 300) throw refused(method, path, answer);
      return answer.body.length === 0 ? undefined : parsed(method, path, answer);
    } catch (cause) {
      if (!isRollcallError(cause) || !/^HTTP_/.test(cause.code)) throw cause;
      throw fleetError('ADMIN_REFUSED', `${method} ${path}: ${cause.message}`, { cause });
    } finally {
      if (kept === undefined) session.close();
    }
  }
  /** One POST for each, over a few connections that are kept. */
  async function many(
    names: readonly string[],
    pathOf: (name: string) => string,
    body: unknown,
    also: AbortSignal | undefined,
  ): Promise<void> {
    let next = 0;
    await Promise.all(
      Array.from({ length: Math.min(atATime, names.length) }, async () => {
        const session = http.open();
        try {
          for (let name = names[next++]; name !== undefined; name = names[next++])
            await call('POST', pathOf(name), body, also, { session });
        } finally {
          next = names.length; // where one was refused the others ask no more
          session.close();
        }
      }),
    );
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
    async bmsState() {
      try {
        return read(bmsAnswer, await call('GET', '/stub/v1/bms')).state;
      } catch (error) {
        if (!isRollcallError(error, 'ADMIN_REFUSED')) throw error;
        return undefined; // no stub of ours
      }
    },
    async advanceClock(ms) {
      await call('POST', clockPath, { advance: `${ms / 1000}s` }, undefined, { withinMs: moveMs }); // years, too
    },
    clock: async () => read(clockAnswer, await call('GET', clockPath)),
    setClockScale: async (scale) =>
      read(clockAnswer, await call('POST', clockPath, scale === 0 ? { mode: 'manual' } : { scale })),
    actOnDevices: (action, ids, also) =>
      many(ids, (id) => `${devicesPath}/${encodeURIComponent(id)}/${action}`, {}, also),
    async changeProfile(name, set) {
      const present = await this.authority();
      const { value } = read(configurations, await call('GET', `${profilesPath}?$top=1000`));
      const found = value.find((each) => each.displayName === name && each.rollcall.authority === present);
      if (found === undefined)
        throw fleetError('ADMIN_REFUSED', `${present ?? 'the authority'} has no profile "${name}"`, {
          hint: `It has ${value.map((each) => `"${each.displayName}"`).join(', ')}.`,
        });
      await call('PATCH', `${profilesPath}/${encodeURIComponent(found.id)}`, { rollcall: { profile: set } });
      return former(found.rollcall.profile, set);
    },
    async changeLicences(users, { add, remove }, also) {
      const { value } = read(products, await call('GET', '/v1.0/subscribedSkus'));
      const skuId = (name: string): string => {
        const found = value.find(({ skuPartNumber }) => skuPartNumber === name);
        if (found !== undefined) return found.skuId;
        throw fleetError('ADMIN_REFUSED', `the tenant has no product ${name}`, {
          hint: `It has ${value.map(({ skuPartNumber }) => skuPartNumber).join(', ')}.`,
        });
      };
      const body = {
        addLicenses: add === undefined ? [] : [{ skuId: skuId(add) }],
        removeLicenses: remove === undefined ? [] : [skuId(remove)],
      };
      await many(users, (user) => `/v1.0/users/${encodeURIComponent(user)}/assignLicense`, body, also);
    },
    async enableCoexistence() {
      await call('POST', '/stub/v1/coexistence', { enabled: true });
    },
    async managedBy(also) {
      return new Map([...(await this.devices(also))].map(([deviceId, { managedBy }]) => [deviceId, managedBy]));
    },
    async devices(also) {
      const found = new Map<string, ListedDevice>();
      let path: string | undefined = `${devicesPath}?$select=id,rollcall&$top=1000`;
      let withoutNew = 0;
      for (let pages = 1; path !== undefined; pages++) {
        const { devices, next } = readPage(await call('GET', path, undefined, also));
        const before = found.size;
        for (const { id, rollcall } of devices) found.set(rollcall.deviceId, { id, managedBy: rollcall.managedBy });
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

/** Those of its settings that are to be changed, and the one that networks are told apart by. */
function former(profile: { readonly kind: string }, set: Settings): FormerProfile {
  const kept = Object.entries<unknown>(profile).filter(
    (entry): entry is [string, string | number | boolean] =>
      (entry[0] === 'ssid' || Object.hasOwn(set, entry[0])) &&
      ['string', 'number', 'boolean'].includes(typeof entry[1]),
  );
  return { kind: profile.kind, settings: Object.fromEntries(kept) };
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
  return { devices: page.value.map((each) => read(listedDevice, each)), next: page['@odata.nextLink'] };
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
