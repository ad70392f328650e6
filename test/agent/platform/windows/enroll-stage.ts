// A device that enrolls and the server that it meets: one in the test's hands, which issues certificates for the requests it gets.
import type { KeyObject } from 'node:crypto';
import { seededRandom } from '../../../../agent/io/random.js';
import { newDevice } from '../../../../agent/model/apply-command.js';
import type { Happening } from '../../../../agent/model/happening.js';
import type { DeviceKey, KeyRef, Keys, Ports } from '../../../../agent/model/ports.js';
import type { Condition, DeviceFacts } from '../../../../agent/model/state.js';
import type { DeviceView, Invitation } from '../../../../agent/platform/driver.js';
import { cspSchemas } from '../../../../agent/platform/windows/csp/index.js';
import { enroll } from '../../../../agent/platform/windows/enroll.js';
import type { WindowsMemory } from '../../../../agent/platform/windows/memory.js';
import { WindowsServerTrust } from '../../../../agent/platform/windows/server-trust.js';
import { openTree } from '../../../../agent/platform/windows/tree/tree.js';
import { buildSchema } from '../../../../agent/platform/windows/tree/tree-schema.js';
import { type ManualClock, manualClock } from '../../../../base/clock.js';
import { silentLog } from '../../../../base/log.js';
import { readRenewal, readWindowsCsr } from '../../../../protocol/mde2/csr.js';
import { type DiscoverResponse, encodeDiscoverResponse } from '../../../../protocol/mde2/discover.js';
import { encodePoliciesResponse } from '../../../../protocol/mde2/policies.js';
import { decodeRequestToken, encodeTokenResponse } from '../../../../protocol/mde2/request-token.js';
import { type ProvisioningToWrite, writeProvisioning } from '../../../../protocol/mde2/write-provisioning.js';
import { issueCertificate } from '../../../../protocol/x509/issue.js';
import { rsaKey } from '../../../support/keys.js';
import { type Script, type ScriptedHttp, type SeenRequest, scriptedHttp } from '../../../support/scripted-http.js';
import { someFacts } from './some-device.js';

export const start = Date.parse('2026-11-26T08:00:00Z');
export const origin = 'https://mdm.test';
export const addresses = {
  discovery: `${origin}/EnrollmentServer/Discovery.svc`,
  policy: `${origin}/EnrollmentServer/Policy.svc`,
  enrollment: `${origin}/EnrollmentServer/Enrollment.svc`,
  management: `${origin}/ManagementServer/MDM.svc`,
  sts: `${origin}/sts`,
} as const;

/** One for the authorities of a test file, two for its devices, which have them in turn: a key is not made quickly. */
let keys: readonly ReturnType<typeof rsaKey>[] | undefined;
function keyOf(number: number): ReturnType<typeof rsaKey> {
  keys ??= [rsaKey(), rsaKey(), rsaKey()];
  return keys[number] ?? rsaKey();
}

/** Keys kept in memory; all have 2048 bits, however many were asked for. */
export function memoryKeys(): Keys & { readonly taken: DeviceKey[]; readonly askedBits: number[] } {
  const kept = new Map<string, DeviceKey>();
  const taken: DeviceKey[] = [];
  const askedBits: number[] = [];
  return {
    taken,
    askedBits,
    async take(bits) {
      const ref: KeyRef = { pool: `key-${kept.size}` };
      askedBits.push(bits);
      const { privateKey, publicKey } = keyOf(1 + (kept.size % 2));
      const key = { ref, privateKey, publicKey };
      kept.set(ref.pool, key);
      taken.push(key);
      return key;
    },
    open(ref) {
      const key = 'pool' in ref ? kept.get(ref.pool) : undefined;
      if (key === undefined) throw new Error('no such key');
      return key;
    },
    adopt(privateKey: KeyObject) {
      throw new Error(`nothing is adopted here: ${privateKey.type}`);
    },
  };
}

/** What the server says and issues, where a test wants it otherwise. */
export interface ServerOptions {
  readonly discover?: Partial<DiscoverResponse>;
  readonly policy?: Parameters<typeof encodePoliciesResponse>[0];
  readonly document?: Partial<ProvisioningToWrite>;
  /** By which the certificate is back-dated, and for how long it is valid, in days. */
  readonly backDated?: number;
  readonly validDays?: number;
  readonly now?: () => number;
}

const dayMs = 86_400_000;

/** A server that takes every enrollment, and renewals by PKCS#7. */
export class EnrollmentServer {
  readonly ca = keyOf(0);
  readonly root: Buffer;
  /** Answers in place of the usual ones; undefined lets the usual one stand. */
  override: Script | undefined;
  readonly #options: ServerOptions;
  #serial = 1;

  constructor(options: ServerOptions = {}) {
    this.#options = options;
    const { publicKey, privateKey: key } = this.ca;
    this.root = issueCertificate({
      subject: [[['CN', 'Test Root']]],
      issuer: 'self',
      publicKey,
      key,
      serial: Buffer.of(1),
      notBefore: new Date(start - 400 * dayMs),
      notAfter: new Date(start + 4000 * dayMs),
      ca: true,
    });
  }

  readonly script: Script = async (request) => {
    const special = await this.override?.(request);
    if (special !== undefined) return special;
    const { pathname } = new URL(request.url);
    if (request.method === 'GET') return pathname === '/EnrollmentServer/Discovery.svc' ? {} : { status: 404 };
    if (/discovery/i.test(pathname)) return this.discovered();
    if (pathname === '/EnrollmentServer/Policy.svc') return encodePoliciesResponse(this.#options.policy);
    if (pathname === '/EnrollmentServer/Enrollment.svc') return this.issued(request);
    return { status: 404 };
  };

  discovered(): Buffer {
    return encodeDiscoverResponse({
      authPolicy: 'OnPremise',
      enrollmentVersion: '4.0',
      policyUrl: addresses.policy,
      serviceUrl: addresses.enrollment,
      ...this.#options.discover,
    });
  }

  issued(request: SeenRequest): Buffer {
    const { requestType, token } = decodeRequestToken(request.bytes);
    const { publicKey } = requestType === 'Issue' ? readWindowsCsr(token) : readRenewal(token).csr;
    const { document } = this.#options;
    const isRenewal = requestType === 'Renew';
    return encodeTokenResponse(
      writeProvisioning({
        certificates: [
          { path: ['Root', 'System'], der: this.root },
          { path: ['My', 'User'], der: this.certificateFor(publicKey) },
        ],
        application: {
          providerId: 'TestMDM',
          ...(isRenewal
            ? {}
            : {
                name: 'Test MDM',
                address: addresses.management,
                client: { type: 'DIGEST' as const, secret: 'server-secret', nonce: 'nonce' },
                appSrv: { type: 'DIGEST' as const, name: 'device', secret: 'device-secret', nonce: 'bm9uY2U=' },
              }),
        },
        ...(isRenewal ? {} : document),
      }),
    );
  }

  certificateFor(publicKey: KeyObject): Buffer {
    const { backDated = 0, validDays = 365, now = () => start } = this.#options;
    return issueCertificate({
      subject: [[['CN', 'device']]],
      issuer: { certificate: this.root, key: this.ca.privateKey },
      publicKey,
      serial: Buffer.of(++this.#serial),
      notBefore: new Date(now() - backDated * dayMs),
      notAfter: new Date(now() + (validDays - backDated) * dayMs),
      extendedKeyUsage: ['clientAuth'],
    });
  }
}

const schema = buildSchema(cspSchemas);
/** The trees of a memory, as the link has them. */
export const room = { edit: (memory: WindowsMemory) => openTree(memory, schema) };

export interface Stage {
  readonly http: ScriptedHttp;
  readonly clock: ManualClock;
  readonly ports: Ports & { readonly keys: ReturnType<typeof memoryKeys> };
  readonly view: DeviceView;
  readonly trust: WindowsServerTrust;
  readonly told: Happening[];
  /** What was saved as settled. */
  readonly settled: WindowsMemory[];
  enroll(invitation?: Partial<Invitation>, signal?: AbortSignal): Promise<WindowsMemory>;
  /** `METHOD address`, in order. */
  readonly asked: readonly string[];
}

export function stage(
  server: { readonly script: Script },
  {
    facts = {},
    condition = {},
  }: { readonly facts?: Partial<DeviceFacts>; readonly condition?: Partial<Condition> } = {},
): Stage {
  const http = scriptedHttp(server.script);
  const clock = manualClock(start);
  const ports = { clock, random: seededRandom('enroll', 1), http, keys: memoryKeys(), log: silentLog };
  const told: Happening[] = [];
  const settled: WindowsMemory[] = [];
  const fresh = newDevice({ ...someFacts, ...facts }, 80);
  const view: DeviceView = {
    state: { ...fresh, condition: { ...fresh.condition, ...condition } },
    lenient: new Set(),
    tell: (happening) => told.push(happening),
  };
  const trust = new WindowsServerTrust(view, clock);
  return {
    http,
    clock,
    ports,
    view,
    trust,
    told,
    settled,
    get asked() {
      return http.requests.map(({ method, url }) => `${method} ${url}`);
    },
    enroll(invitation = {}, signal = new AbortController().signal) {
      const owner = {
        apply: async () => {
          throw new Error('nothing is to be applied');
        },
        server: trust,
        edit: room.edit,
        settled: async (memory: WindowsMemory) => void settled.push(memory),
      };
      const to = { authority: origin, url: addresses.discovery, user: 'user1@contoso.example', ...invitation };
      return enroll(to, view, ports, owner, signal);
    },
  };
}
