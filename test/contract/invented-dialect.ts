// An invented platform: a protocol of five addresses, JSON and long polls, under the name of one that has no dialect yet. It is
// here to show that the stub serves a new platform without an edit, and that the contract is not made to Apple's measure.
import { z } from 'zod';
import { isRollcallError } from '../../base/errors.js';
import { noContent, ok, readBody } from '../../server-stub/admin/graph.js';
import type { Woken } from '../../server-stub/core/push-types.js';
import type { Dialect, OpenDialect, StubServices } from '../../server-stub/dialect.js';
import { stubError } from '../../server-stub/errors.js';
import { problem } from '../../server-stub/http.js';
import type { Route, StubAnswer, StubRequest } from '../../server-stub/http-types.js';
import { readKept } from '../../server-stub/kept.js';

export interface InventedOptions {
  readonly greeting?: string;
}

export interface InventedHandle {
  readonly greeting: string;
  /** How many devices wait for a wake-up. */
  waiting(): number;
}

export const inventedPlatform = 'android';

export const invented: Dialect<InventedOptions, InventedHandle> = {
  name: inventedPlatform,
  traits: { needsPushCertificate: false },
  graph: {
    operatingSystem: 'Invented',
    restriction: 'inventedRestriction',
    enrollmentType: () => 'unknown',
    columns: ({ dialect }) => ({
      manufacturer: String(dialect['maker'] ?? ''),
      managedDeviceOwnerType: 'company',
      deviceEnrollmentType: 'unknown',
    }),
  },
  tables: ['android-tokens', 'android-notes'],
  builtIn: (domain) => ({
    profiles: (authority) => [
      { kind: 'configuration', name: 'Passcode', type: 'invented.passcode', settings: { domain, authority } },
    ],
  }),
  async open(services, { greeting = 'hello' }) {
    return new InventedAuthority(services, greeting);
  },
};

const tokenSchema = z.object({ deviceId: z.string() });
const resultsSchema = z.strictObject({ results: z.array(z.strictObject({ id: z.string() })).max(100) });
const noteSchema = z.strictObject({ note: z.string().max(100) });

class InventedAuthority implements OpenDialect<InventedHandle> {
  readonly routes: readonly Route[];
  readonly adminRoutes;
  readonly handle: InventedHandle;
  readonly #services: StubServices;
  /** Device by token. */
  readonly #tokens: Map<string, string>;
  readonly #wakes = new Map<string, number>();
  readonly #waiting = new Map<string, (answer: StubAnswer) => void>();
  #note: string;

  constructor(services: StubServices, greeting: string) {
    this.#services = services;
    const tokens = readKept(services.keep('android-tokens'), 'token', tokenSchema);
    this.#tokens = new Map(tokens.map(([token, { deviceId }]) => [token, deviceId]));
    this.#note = readKept(services.keep('android-notes'), 'note', noteSchema)[0]?.[1].note ?? '';
    this.handle = { greeting, waiting: () => this.#waiting.size };
    const route = (method: Route['method'], path: string, handle: Route['handle']): Route => ({
      method,
      path: `/invented/${path}`,
      handle: async (request) => {
        try {
          return await handle(request);
        } catch (error) {
          if (!isRollcallError(error)) throw error;
          services.log.warn(error.code, { path: request.path, reason: error.message });
          return problem(418, error.code, error.message);
        }
      },
    });
    this.routes = [
      route('GET', 'hello', () => ok({ greeting })),
      route('POST', 'enroll/:deviceId', (request) => this.#enroll(request)),
      route('POST', 'confirm', (request) => this.#confirm(this.#deviceOf(request))),
      route('POST', 'session', (request) => this.#session(this.#deviceOf(request), request)),
      route('GET', 'wakes', (request) => ok({ wakes: this.#wakes.get(this.#deviceOf(request)) ?? 0 })),
      route('GET', 'wait', (request) => this.#wait(this.#deviceOf(request))),
    ];
    this.adminRoutes = [
      { method: 'GET' as const, path: '/stub/v1/invented/note', handle: () => ok({ note: this.#note }) },
      {
        method: 'PUT' as const,
        path: '/stub/v1/invented/note',
        handle: (request: StubRequest) => {
          this.#note = readBody(noteSchema, request).note;
          services.keep('android-notes')?.put('note', { note: this.#note });
          return noContent;
        },
      },
    ];
  }

  resume(): void {}

  wake({ deviceId }: { readonly deviceId: string }): Woken {
    this.#wakes.set(deviceId, (this.#wakes.get(deviceId) ?? 0) + 1);
    this.#answer(deviceId, ok({ wake: true }));
    return { result: 'sent' };
  }

  forget({ deviceId }: { readonly deviceId: string }): void {
    for (const [token, owner] of this.#tokens) {
      if (owner !== deviceId) continue;
      this.#tokens.delete(token);
      this.#services.keep('android-tokens')?.put(token, undefined);
    }
    this.#answer(deviceId, problem(410, 'DEVICE_UNKNOWN', 'you have left'));
  }

  announce() {
    return [{ key: 'hello', label: 'say hello', url: `${this.#services.addresses.origin}/invented/hello` }];
  }

  async close(): Promise<void> {
    for (const deviceId of [...this.#waiting.keys()]) this.#answer(deviceId, noContent);
  }

  #enroll(request: StubRequest): StubAnswer {
    const { tenant, random, keep } = this.#services;
    const deviceId = request.params['deviceId'] ?? '';
    const { user } = tenant.admit({
      platform: inventedPlatform,
      user: request.query.get('user') ?? 'nobody',
      deviceId,
    });
    tenant.enroll({
      platform: inventedPlatform,
      deviceId,
      serial: `S-${deviceId}`,
      ...(user && { userId: user.id }),
    });
    tenant.setDialect(deviceId, { maker: 'Nobody' });
    const token = random(16).toString('hex');
    this.#tokens.set(token, deviceId);
    keep('android-tokens')?.put(token, { deviceId });
    return ok({ token }, 201);
  }

  #confirm(deviceId: string): StubAnswer {
    this.#services.tenant.confirm(deviceId);
    return noContent;
  }

  /** Takes results and gives the next command, until there is none. */
  #session(deviceId: string, request: StubRequest): StubAnswer {
    const { tenant } = this.#services;
    const { results } = readBody(resultsSchema, request);
    if (results.length === 0) tenant.openSession(deviceId);
    for (const { id } of results) tenant.report(deviceId, id, { status: 'done' });
    const next = tenant.next(deviceId);
    return ok(next === undefined ? {} : { id: next.id, ask: next.command.kind });
  }

  #wait(deviceId: string): Promise<StubAnswer> {
    this.#answer(deviceId, noContent); // the newer poll takes the older one's place
    return new Promise((resolve) => this.#waiting.set(deviceId, resolve));
  }

  #answer(deviceId: string, answer: StubAnswer): void {
    const resolve = this.#waiting.get(deviceId);
    this.#waiting.delete(deviceId);
    resolve?.(answer);
  }

  #deviceOf({ headers }: StubRequest): string {
    const deviceId = this.#tokens.get(headers['x-token'] ?? '');
    if (deviceId === undefined) throw stubError('DEVICE_UNKNOWN', 'this token is nobody’s');
    return deviceId;
  }
}
