// A device of the tests and the server it talks to. Profiles and commands are written out as text, identities come from
// openssl: neither is made by the code that reads them.

import { type KeyObject, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { seededRandom } from '../../../../agent/io/random.js';
import { readNativeChange } from '../../../../agent/model/change.js';
import type { Happening } from '../../../../agent/model/happening.js';
import type { Leniency } from '../../../../agent/model/leniency.js';
import type { DeviceKey, KeyRef, Keys, Ports, WakeUps } from '../../../../agent/model/ports.js';
import type { DeviceFacts, DeviceState } from '../../../../agent/model/state.js';
import type { Apply, DeviceView, Driver, Invitation, Link, SessionRequest } from '../../../../agent/platform/driver.js';
import { createIos, type IosOptions } from '../../../../agent/platform/ios/driver.js';
import { type ManualClock, manualClock } from '../../../../base/clock.js';
import type { Log } from '../../../../base/log.js';
import { parsePlistDict } from '../../../../protocol/plist/parse.js';
import type { PlistDict } from '../../../../protocol/plist/value.js';
import type { Command, Outcome } from '../../../../protocol/vocabulary.js';
import { rsaKey } from '../../../support/keys.js';
import { openssl } from '../../../support/programs.js';
import { type Script, type ScriptedHttp, type SeenRequest, scriptedHttp } from '../../../support/scripted-http.js';

export interface OpensslIdentity {
  readonly certificate: Buffer;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly pkcs12: Buffer;
  readonly file: (name: 'cert.pem' | 'key.pem') => string;
}

/** A self-signed identity and its PKCS#12 file (password `secret`), all by openssl with a key of the run's, a small one. */
export function opensslIdentity(commonName: string): OpensslIdentity {
  const folder = mkdtempSync(join(inject('testKeyFolder'), 'identity-')); // removed at the end of the run
  const at = (name: string): string => join(folder, name);
  const [key, cert, p12] = [at('key.pem'), at('cert.pem'), at('id.p12')];
  writeFileSync(key, rsaKey(1024).privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  openssl(['req', '-x509', '-new', '-key', key, '-out', cert, '-days', '3650', '-subj', `/CN=${commonName}`]);
  openssl([
    'pkcs12',
    '-export',
    '-inkey',
    key,
    '-in',
    cert,
    '-out',
    p12,
    '-passout',
    'pass:secret',
    '-iter', // by default 2048: most of what these tests would compute
    '16',
    '-name',
    commonName,
  ]);
  const certificatePem = readFileSync(cert, 'utf8');
  return {
    certificate: new X509Certificate(certificatePem).raw,
    certificatePem,
    keyPem: readFileSync(key, 'utf8'),
    pkcs12: readFileSync(p12),
    file: (name) => at(name),
  };
}

export const xml = (body: string): Buffer =>
  Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">${body}</plist>`);

const uuid = (last: string): string => `00000000-0000-4000-8000-${last.padStart(12, '0')}`;

/** One payload as text; `keys` is what stands beside the common keys. */
export function payload(type: string, number: number, keys: string, identifier = `test.payload.${number}`): string {
  return `<dict><key>PayloadType</key><string>${type}</string><key>PayloadVersion</key><integer>1</integer>
    <key>PayloadIdentifier</key><string>${identifier}</string><key>PayloadUUID</key><string>${uuid(String(number))}</string>${keys}</dict>`;
}

export function profile(identifier: string, payloads: readonly string[], keys = ''): Buffer {
  return xml(`<dict><key>PayloadType</key><string>Configuration</string><key>PayloadVersion</key><integer>1</integer>
    <key>PayloadIdentifier</key><string>${identifier}</string><key>PayloadUUID</key><string>${uuid('999')}</string>
    <key>PayloadDisplayName</key><string>Test</string>${keys}<key>PayloadContent</key><array>${payloads.join('')}</array></dict>`);
}

export const data = (bytes: Uint8Array): string => `<data>${Buffer.from(bytes).toString('base64')}</data>`;

export interface MdmKeys {
  readonly rights?: number;
  readonly signMessage?: boolean;
  readonly checkOut?: boolean;
  readonly extra?: string;
  /** Number of the identity payload. Default 1. */
  readonly identity?: number;
}

export function mdmPayload({
  rights = 8191,
  signMessage = true,
  checkOut = true,
  extra = '',
  identity = 1,
}: MdmKeys = {}): string {
  return payload(
    'com.apple.mdm',
    2,
    `<key>IdentityCertificateUUID</key><string>${uuid(String(identity))}</string>
     <key>Topic</key><string>com.apple.mgmt.External.test</string>
     <key>ServerURL</key><string>https://mdm.test/connect</string><key>CheckInURL</key><string>https://mdm.test/checkin</string>
     <key>SignMessage</key><${signMessage}/><key>AccessRights</key><integer>${rights}</integer>
     <key>CheckOutWhenRemoved</key><${checkOut}/>${extra}`,
  );
}

export const pkcs12Payload = (identity: OpensslIdentity, number = 1): string =>
  payload(
    'com.apple.security.pkcs12',
    number,
    `<key>PayloadContent</key>${data(identity.pkcs12)}<key>Password</key><string>secret</string>`,
  );

/** A SCEP payload for `https://mdm.test/scep`; `keys` go into its PayloadContent. */
export const scepPayload = (number: number, keys = '', url = 'https://mdm.test/scep'): string =>
  payload(
    'com.apple.security.scep',
    number,
    `<key>PayloadContent</key><dict><key>URL</key><string>${url}</string>${keys}</dict>`,
  );

export const enrollmentProfile = (
  identity: OpensslIdentity,
  keys: MdmKeys = {},
  others: readonly string[] = [],
): Buffer => profile('test.enrollment', [mdmPayload(keys), ...others, pkcs12Payload(identity)]);

let commandNumber = 0;
/** A command as a server sends it; `keys` is what stands beside RequestType. */
export function command(requestType: string, keys = '', id = `command-${++commandNumber}`): Buffer {
  return xml(`<dict><key>CommandUUID</key><string>${id}</string><key>Command</key><dict>
    <key>RequestType</key><string>${requestType}</string>${keys}</dict></dict>`);
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** Keys kept in memory; those that are taken are small, for the tests' time. */
export function memoryKeys(): Keys & { readonly taken: DeviceKey[] } {
  const kept = new Map<string, DeviceKey>();
  const taken: DeviceKey[] = [];
  const keep = (privateKey: KeyObject, publicKey: KeyObject): DeviceKey => {
    const ref: KeyRef = { pool: `key-${kept.size}` };
    const made = { ref, privateKey, publicKey };
    kept.set(ref.pool, made);
    return made;
  };
  return {
    taken,
    async take() {
      const { privateKey, publicKey } = rsaKey(1024);
      const key = keep(privateKey, publicKey);
      taken.push(key);
      return key;
    },
    open(ref) {
      const key = 'pool' in ref ? kept.get(ref.pool) : undefined;
      if (key === undefined) throw new Error('no such key');
      return key;
    },
    adopt: (privateKey) => keep(privateKey, privateKey),
  };
}

export interface MemoryWake {
  readonly wake: WakeUps;
  /** The addresses of those who asked and have not withdrawn. */
  readonly asked: Set<string>;
  /** Arrives at this address, to be judged by whoever listens there. */
  deliver(address: string, payload: string): void;
}

/** A wake-up port that delivers what a test puts into it, and then ends. */
export function memoryWake(): MemoryWake {
  const asked = new Set<string>();
  const waiting = new Map<string, string[]>();
  const wake: WakeUps = {
    async ask({ address }) {
      asked.add(address);
    },
    async *listen(ask, judge) {
      for (const payload of waiting.get(ask.address) ?? []) if (judge(ask, payload)) yield payload;
    },
    answered: () => [],
    async withdraw({ address }) {
      asked.delete(address);
    },
    pause() {},
    resume() {},
    tryAgain() {},
    ownedBy: () => wake,
  };
  return {
    wake,
    asked,
    deliver(address, payload) {
      waiting.set(address, [...(waiting.get(address) ?? []), payload]);
    },
  };
}

/** The server's side of a test: answers check-ins, hands out commands in order, keeps what it was told. */
export class TestServer {
  readonly checkIns: PlistDict[] = [];
  readonly results: PlistDict[] = [];
  readonly queue: Buffer[] = [];
  /** Answers in place of the usual ones; undefined lets the usual one stand. */
  override: Script | undefined;
  /** Bodies by Endpoint, for DeclarativeManagement; a number is a status. */
  readonly declarative = new Map<string, string | number>();
  readonly files = new Map<string, Buffer>();

  readonly script: Script = async (request) => {
    const special = await this.override?.(request);
    if (special !== undefined) return special;
    const { pathname } = new URL(request.url);
    if (request.method === 'GET') return this.files.get(pathname) ?? { status: 404 };
    if (pathname === '/checkin') return this.#checkIn(request);
    this.results.push(parsePlistDict(request.bytes));
    return this.queue.shift();
  };

  #checkIn(request: SeenRequest) {
    const message = parsePlistDict(request.bytes);
    this.checkIns.push(message);
    if (message['MessageType'] !== 'DeclarativeManagement') return undefined;
    const answer = this.declarative.get(String(message['Endpoint']));
    return typeof answer === 'string' ? answer : { status: answer ?? (message['Endpoint'] === 'status' ? 200 : 404) };
  }

  get types(): string[] {
    return this.checkIns.map((message) => String(message['MessageType']));
  }
  get endpoints(): string[] {
    return this.checkIns.flatMap((message) => (typeof message['Endpoint'] === 'string' ? [message['Endpoint']] : []));
  }
  get last(): PlistDict {
    return this.results.at(-1) ?? Object.create(null);
  }
}

export interface StageOptions {
  readonly facts?: Partial<DeviceFacts>;
  readonly ios?: IosOptions;
  readonly wake?: WakeUps;
  /** Answers a neutral command in the device's place. */
  readonly decide?: (command: Command) => Outcome | undefined;
  readonly keys?: Keys;
  readonly lenient?: readonly Leniency[];
}

export interface Stage {
  readonly server: TestServer;
  readonly http: ScriptedHttp;
  readonly clock: ManualClock;
  readonly ports: Ports;
  readonly view: Pick<DeviceView, 'lenient' | 'tell'> & { state: DeviceState };
  /** What the driver told the person at the device. */
  readonly happenings: Happening[];
  /** Every neutral command that the driver asked for. */
  readonly commands: Command[];
  readonly driver: Driver;
  readonly apply: Apply;
  readonly signal: AbortSignal;
  /** A check-in by hand. */
  readonly session: SessionRequest;
  names(): string[];
  change(condition: Partial<DeviceState['condition']>): void;
  enroll(document: Uint8Array, invitation?: Partial<Invitation>): Promise<Link>;
}

/** A device that carries neutral commands out as device.ts does, as far as these tests look. */
export function openStage(options: StageOptions = {}): Stage {
  const server = new TestServer();
  const http = scriptedHttp(server.script);
  const clock = manualClock(Date.now()); // openssl's certificates begin now
  const platform = createIos(options.ios);
  const random = seededRandom('ios tests', 1);
  const keys = options.keys ?? memoryKeys();
  const ports: Ports = { clock, random, http, keys, log: silent, ...(options.wake ? { wake: options.wake } : {}) };
  const facts = { ...platform.describe(seededRandom('ios tests', 7)), ...options.facts };
  const happenings: Happening[] = [];
  const view = {
    lenient: new Set(options.lenient),
    told: happenings,
    tell(happening: Happening): void {
      this.told.push(happening); // a method of its object, as the device's is
    },
    state: <DeviceState>{
      version: 1,
      facts,
      lifecycle: 'enrolling',
      condition: { deviceName: 'Test', locked: false, online: true, powered: true, batteryPercent: 80 },
      holdings: [],
      apps: [],
      owesCheckIn: false,
    },
  };
  const commands: Command[] = [];
  const apply = async (asked: Command): Promise<Outcome> => {
    commands.push(asked);
    const decided = options.decide?.(asked);
    if (decided !== undefined) return decided;
    view.state = changed(view.state, asked, clock.now());
    return { status: 'done' };
  };
  const driver = platform.create(view, ports);
  const signal = new AbortController().signal;
  return {
    server,
    http,
    clock,
    ports,
    view,
    happenings,
    commands,
    driver,
    apply,
    signal,
    session: { reason: 'by-hand', apply, signal },
    names: () => view.state.holdings.map(({ profile: held }) => held.name).sort(),
    change(condition: Partial<DeviceState['condition']>) {
      view.state = { ...view.state, condition: { ...view.state.condition, ...condition } };
    },
    enroll: (document: Uint8Array, invitation: Partial<Invitation> = {}): Promise<Link> =>
      driver.enroll({ authority: 'test', document, ...invitation }, apply, signal),
  };
}

function changed(state: DeviceState, asked: Command, now: number): DeviceState {
  const condition = (change: Partial<DeviceState['condition']>): DeviceState => ({
    ...state,
    condition: { ...state.condition, ...change },
  });
  switch (asked.kind) {
    case 'install-profile': {
      const others = state.holdings.filter(({ profile: held }) => held.name !== asked.profile.name);
      return { ...state, holdings: [...others, { profile: asked.profile, authority: 'test', installedAt: now }] };
    }
    case 'remove-profile':
      return { ...state, holdings: state.holdings.filter(({ profile: held }) => held.name !== asked.name) };
    case 'rename':
      return condition({ deviceName: asked.deviceName });
    case 'lock':
      return condition({ locked: true });
    case 'clear-passcode': {
      const { passcode: _gone, ...rest } = state.condition;
      return { ...state, condition: { ...rest, locked: false } };
    }
    case 'lost-mode': {
      const { lostMode: _gone, ...rest } = state.condition;
      return { ...state, condition: asked.on ? { ...rest, lostMode: {} } : rest };
    }
    case 'native': {
      const { apps, facts, condition: change } = readNativeChange(asked.body);
      return {
        ...state,
        ...(apps === undefined ? {} : { apps }),
        facts: { ...state.facts, ...facts },
        condition: { ...state.condition, ...change },
      };
    }
    default:
      return state;
  }
}

/** A file of its own for a program to read. */
export function inFile(bytes: Uint8Array, name: string): string {
  const path = join(mkdtempSync(join(inject('testKeyFolder'), 'file-')), name);
  writeFileSync(path, bytes);
  return path;
}
