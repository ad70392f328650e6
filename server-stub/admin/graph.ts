// What every route of the admin API shares: who may call, how answers and errors look, and how bodies are read.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { ZodType, z } from 'zod';
import type { Clock } from '../../base/clock.js';
import { isRollcallError, type Refuse, type RollcallError } from '../../base/errors.js';
import { type JsonLimits, jsonLimits, readJsonObject } from '../../base/json.js';
import type { Log } from '../../base/log.js';
import type { Audits, Organization, Tenant } from '../core/interfaces.js';
import type { AsideRecord, Stored } from '../core/persistence.js';
import type { TraitsByPlatform } from '../core/traits.js';
import { stubCatalogue, stubError } from '../errors.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { auditOf } from './audited.js';
import { type OutsideBms, outsideBms } from './bms-subset.js';
import type { WordsByPlatform } from './platform-words.js';

/** `helpDesk`: may look, ask a device to check in, and lock it. `reader`: may look, and sees no contents (docs/access.md). */
export const roles = ['administrator', 'helpDesk', 'reader'] as const;
export type Role = (typeof roles)[number];

/** One bearer token per role. */
export type AdminTokens = Readonly<Record<Role, string>>;

/** What the admin API stands on. Routes name the part of the tenant that they use: `AdminPorts<Users & Devices>`. */
export interface AdminPorts<Used = Tenant> {
  readonly tenant: Used;
  readonly tokens: AdminTokens;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: { uuid(): string };
  readonly words: WordsByPlatform;
  /** Of the platforms that are served. Default: none. */
  readonly traits?: TraitsByPlatform;
  /** Scheme, host and port under which this client reaches the stub: never a Host that is none of the stub's own names. */
  originFor(request: StubRequest): string;
  /** Stored records that could not be read. Absent where nothing is stored. */
  readonly aside?: Aside;
  /** Absent where nothing is stored. */
  readonly store?: Stored;
  /** Of what happens on the network. Default: the real one. */
  readonly networkClock?: Clock;
  /** Aborted when the stub begins to stop: what lets somebody wait ends then. */
  readonly closing?: AbortSignal;
}

interface Aside {
  readonly aside: readonly AsideRecord[];
  /** False: there is nothing of this id. */
  forgetAside(id: string): boolean;
}

/** A route before the token is asked for: `by` is who calls, for records of who did what. */
export interface AdminRoute {
  readonly method: Route['method'];
  readonly path: string;
  /** Who may call it (A19); `anybody`: no token is asked for. Default: administrator and reader for GET, else the administrator. */
  readonly who?: readonly Role[] | 'anybody';
  /**
   * It lies outside of Basic Mobility and Security (B7): refused while that alone manages. A function, where only some requests do:
   * undefined for those that do not.
   */
  readonly outsideBms?: OutsideBms | ((request: StubRequest) => OutsideBms | undefined);
  /** What the audit calls it. Default: the last fixed part of the path, for what is no action after `create`, `patch` or `delete`. */
  readonly activity?: string;
  /** Default 1 MiB. */
  readonly maxBytes?: number;
  /** `by`: who calls; the reader, where anybody may. */
  readonly handle: (request: StubRequest, by: Role) => StubAnswer | Promise<StubAnswer>;
}

/**
 * The routes behind the token; each answers when what it tells of is stored, or refuses what cannot be. What changes something is
 * in the audit then.
 */
export function guard(
  routes: readonly AdminRoute[],
  {
    tenant,
    tokens,
    log,
    store,
  }: Pick<AdminPorts<Pick<Audits, 'audit'> & Pick<Organization, 'authority'>>, 'tenant' | 'tokens' | 'log' | 'store'>,
): Route[] {
  return routes.map((route) => ({
    ...route,
    maxBytes: route.maxBytes ?? jsonLimits.maxBytes,
    async handle(request) {
      const { method, who, handle } = route;
      try {
        const allowed = rolesOf(route);
        const role = who === 'anybody' ? 'reader' : roleOf(request.headers['authorization'], tokens);
        if (!allowed.includes(role)) {
          throw stubError('FORBIDDEN', `This is not for the role ${role}: it is for ${allowed.join(' and ')}`);
        }
        if (method !== 'GET' && store?.failure !== undefined) {
          throw stubError('STORE_UNWRITABLE', `Changes cannot be stored at present: ${store.failure}`);
        }
        // Under coexistence the authority is intune.
        if (tenant.authority === 'office365') requireInBms(route, request);
        const answer = await handle(request, role);
        if (method !== 'GET' && answer.status < 400) tenant.audit(auditOf(route, request, answer, role));
        // What is read may be a change that somebody else still waits for; while the disk fails, reading goes on.
        await (method === 'GET' ? store?.durable().catch(() => {}) : store?.durable());
        return answer;
      } catch (error) {
        if (!isRollcallError(error)) throw error; // a bug of ours: the server logs it and answers 500
        const answer = toAnswer(error);
        if (answer === undefined) throw error;
        log.warn(error.code, {
          method,
          path: request.path,
          status: answer.status,
          reason: error.message,
          remote: request.remote,
        });
        return answer;
      }
    },
  }));
}

function requireInBms({ outsideBms: given }: AdminRoute, request: StubRequest): void {
  const row = typeof given === 'function' ? given(request) : given;
  if (row === undefined) return;
  const { what, why } = outsideBms[row];
  throw stubError('OUTSIDE_BMS', `B7: ${what}: outside of Basic Mobility and Security, which manages here. ${why}`, {
    hint: 'Add Intune by POST /stub/v1/coexistence, or set the authority.',
  });
}

/** Who may call the route, by its own word or by the default. */
export const rolesOf = ({ method, who }: Pick<AdminRoute, 'method' | 'who'>): readonly Role[] =>
  who === 'anybody' ? roles : (who ?? (method === 'GET' ? ['administrator', 'reader'] : ['administrator']));

const digest = (text: string) => createHash('sha256').update(text).digest();

function roleOf(header: string | undefined, tokens: AdminTokens): Role {
  const [, token] = /^Bearer +(\S+) *$/i.exec(header ?? '') ?? [];
  if (token === undefined) throw stubError('UNAUTHORIZED', 'The request carries no bearer token');
  const given = digest(token);
  for (const role of roles) {
    if (timingSafeEqual(given, digest(tokens[role]))) return role;
  }
  throw stubError('UNAUTHORIZED', 'The bearer token is none of ours');
}

/** Graph's own words for errors, beside the status. */
const errors: Readonly<Record<string, { readonly status: number; readonly code: string }>> = {
  UNAUTHORIZED: { status: 401, code: 'InvalidAuthenticationToken' },
  FORBIDDEN: { status: 403, code: 'Authorization_RequestDenied' },
  CONSENT_MISSING: { status: 403, code: 'Forbidden' },
  OUTSIDE_BMS: { status: 403, code: 'Forbidden' },
  NOT_FOUND: { status: 404, code: 'Request_ResourceNotFound' },
  DEVICE_UNKNOWN: { status: 404, code: 'Request_ResourceNotFound' },
  REQUEST_INVALID: { status: 400, code: 'BadRequest' },
  LICENCES_SHORT: { status: 400, code: 'BadRequest' },
  AUTHORITY_FORBIDDEN: { status: 400, code: 'BadRequest' },
  CONFLICT: { status: 409, code: 'Conflict' },
  TENANT_INVALID: { status: 400, code: 'BadRequest' },
  STORE_UNWRITABLE: { status: 507, code: 'InsufficientStorage' },
};

function toAnswer({ code, message, hint, details: { problems } }: RollcallError): StubAnswer | undefined {
  const error = errors[code];
  if (error === undefined) return undefined;
  const headers = { ...json, ...(error.status === 401 ? { 'www-authenticate': 'Bearer' } : {}) };
  return {
    status: error.status,
    headers,
    body: JSON.stringify({
      error: { code: error.code, message: withHint(code, message, hint), ...toDetails(problems) },
    }),
  };
}

const hints: Readonly<Record<string, { readonly hint?: string }>> = stubCatalogue;

/** What to do stands behind what is wrong: Graph's body has one text for both. What is always said of a code is in docs/errors.md. */
const withHint = (code: string, message: string, hint: string | undefined): string =>
  hint === undefined || hint === hints[code]?.hint ? message : `${message.replace(/[.:]?$/, '.')} ${hint}`;

const unroutable: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['BadRequest', 'The address is not well-formed'],
  404: ['Request_ResourceNotFound', 'Nothing is at this address: GET /stub/v1/roles lists all that there are'],
  405: ['BadRequest', 'Not with this method'],
};

/** For a path of the admin API that leads nowhere: Graph's error body, as of all its other errors. */
export function adminUnroutable(path: string, status: number): StubAnswer | undefined {
  const [code, message] = unroutable[status] ?? [];
  if (code === undefined || !/^\/(v1\.0|beta|stub\/v1)\//.test(path)) return undefined;
  return { status, headers: json, body: JSON.stringify({ error: { code, message } }) };
}

/** Graph's `details`: what is wrong with which part. */
function toDetails(problems: unknown) {
  if (!Array.isArray(problems)) return {};
  return {
    details: problems.map(({ path, ...rest }: Readonly<Record<string, unknown>>) => ({ target: path, ...rest })),
  };
}

const json = { 'content-type': 'application/json' };

export const ok = (body: unknown, status: 200 | 201 | 202 = 200): StubAnswer => ({
  status,
  headers: json,
  body: JSON.stringify(body),
});
export const noContent: StubAnswer = { status: 204 };

/** Of a body: what is wrong with each of them is found out before the first ten mistakes are told. */
const mostValues = 20_000;

/** Reads a JSON object. An absent one is `{}`. Throws REQUEST_INVALID, naming each field that is wrong. */
export function readBody<S extends ZodType>(
  schema: S,
  request: StubRequest,
  limits: Partial<JsonLimits> = {},
): z.output<S> {
  let value: unknown = {};
  if (request.body.length > 0) {
    const refuse: Refuse = (message, context) => stubError('REQUEST_INVALID', `The body is wrong: ${message}`, context);
    value = readJsonObject(request.body, 'body', refuse, { ...jsonLimits, maxValues: mostValues, ...limits });
  }
  return judgeBody(schema, value);
}

/** Of a body that was read before. Throws REQUEST_INVALID, naming each field that is wrong. */
export function judgeBody<S extends ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw stubError('REQUEST_INVALID', `The body is wrong: ${problems.join('; ')}`);
}

/** The value of a `:name` in the route's path. */
export function param(request: StubRequest, name: string): string {
  const value = request.params[name];
  if (value === undefined) throw stubError('NOT_FOUND', `The address lacks its ${name}`);
  return value;
}

export const isoTime = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();
