// A stub authority on a manual clock, and a client that says to it exactly what a test wants said, over real sockets.

import { type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import { onTestFinished } from 'vitest';
import { type ManualClock, manualClock } from '../../../base/clock.js';
import { createLog } from '../../../base/log.js';
import { encodeCheckin } from '../../../protocol/apple-mdm/check-in.js';
import { decodeCommand, type MdmCommand } from '../../../protocol/apple-mdm/command.js';
import { encodeResult, type MdmResult } from '../../../protocol/apple-mdm/result.js';
import { parsePlistDict } from '../../../protocol/plist/parse.js';
import { isDict, type PlistDict, profileLimits } from '../../../protocol/plist/value.js';
import { buildRequest, buildSignerCertificate, type RequestToBuild } from '../../../protocol/scep/request.js';
import { type CertRep, certificateFor, readCertRep } from '../../../protocol/scep/response.js';
import { createCmsSigner } from '../../../protocol/x509/cms-sign.js';
import { buildCsr, type KeyPair } from '../../../protocol/x509/csr.js';
import { readPem } from '../../../protocol/x509/pem.js';
import type { CommonAuthority } from '../../../server-stub/authority-options.js';
import type { TenantConfig } from '../../../server-stub/core/types.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { type AuthorityOptions, type RunningAuthority, startAuthority } from '../../../server-stub/index.js';
import { authorityKeys, rsaKey } from '../../support/keys.js';
import { readLogLine } from '../../support/log-lines.js';

export const startAt = Date.parse('2026-11-21T08:00:00Z');

export interface LogLine {
  readonly level: number;
  readonly event: string;
  readonly [key: string]: unknown;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Send {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly client?: { readonly cert: string; readonly key: string };
}

export interface Stub<A extends CommonAuthority = RunningAuthority> {
  readonly authority: A;
  readonly clock: ManualClock;
  /** Log lines of level warn and above since the last call. */
  lines(): LogLine[];
  send(path: string, options?: Send): Promise<Reply>;
}

/** Whatever its dialects. */
export type AnyStub = Stub<CommonAuthority>;

export type StubOptions = Omit<AuthorityOptions, 'clock' | 'log'> & {
  readonly clock?: ManualClock;
  /** What `lines` gives begins with this level. Default warn. */
  readonly level?: 'debug' | 'info' | 'warn';
  /** Is given what closes the stub. Default: done when the test ends; a stub of several tests is closed after all. */
  readonly whenOver?: (close: () => unknown) => void;
};

/** Closed when the test ends. Keys are small, so that enrolling is quick. */
export const openStub = (options: StubOptions = {}): Promise<Stub> => openStubOf(startAuthority, options);

/** The same for an authority that `start` starts. */
export async function openStubOf<A extends CommonAuthority>(
  start: (options: AuthorityOptions) => Promise<A>,
  options: StubOptions = {},
): Promise<Stub<A>> {
  const { clock = manualClock(startAt), whenOver = (close) => onTestFinished(async () => void (await close())) } =
    options;
  const written: LogLine[] = [];
  const log = createLog({
    level: options.level ?? 'warn',
    destination: { write: (line) => void written.push(readLogLine(line)) },
  });
  const authority = await start({
    clock,
    log,
    tenant: emptyTenant(),
    newRsaKey: authorityKeys(),
    ...options,
    ios: { keySizeBits: 1024, ...options.ios },
  });
  whenOver(() => authority.close());
  const agent = authority.url.startsWith('https')
    ? new Agent({ keepAlive: true, ca: authority.caPem })
    : new PlainAgent({ keepAlive: true });
  whenOver(() => agent.destroy());
  return {
    authority,
    clock,
    lines: () => written.splice(0),
    send: (path, send) => exchange(new URL(path, authority.url), authority.caPem, agent, send),
  };
}

/** Two users, no profiles: what a device is told is what a test says. */
export function emptyTenant(changes: Partial<TenantConfig> = {}): TenantConfig {
  return { ...defaultTenant({ authority: 'intune', users: 2 }), profiles: [], ...changes };
}

export function exchange(url: URL, ca: string, agent: Agent | PlainAgent, send: Send = {}): Promise<Reply> {
  const { method = 'GET', headers = {}, body, client } = send;
  return new Promise((resolve, reject) => {
    const common = {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
    };
    const request =
      url.protocol === 'https:'
        ? tlsRequest(url, {
            ...common,
            ca,
            servername: 'localhost',
            ...(client === undefined ? { agent } : { ...client, agent: false }),
          })
        : plainRequest(url, { ...common, agent });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

const random = (length: number): Buffer => randomBytes(length);

export const newKey = (bits = 1024): KeyPair => rsaKey(bits);

/** A certificate that the key gives itself, as SCEP clients do before they have another. */
export const signerFor = (stub: AnyStub, key: KeyPair): Buffer =>
  buildSignerCertificate({ subject: [[['CN', 'x']]], key, now: new Date(stub.clock.now()), random });

/** What a PKIOperation is made of; a test replaces the part it wants wrong. */
export interface ScepAttempt {
  readonly key?: KeyPair;
  readonly challenge?: string;
  readonly request?: Partial<RequestToBuild>;
  readonly signer?: { readonly certificate: Buffer; readonly key: KeyObject };
  readonly subject?: readonly (readonly (readonly [string, string])[])[];
  /** Default POST. */
  readonly by?: 'GET' | 'POST';
  /** How base64 gets into the query of a GET. */
  readonly encode?: (text: string) => string;
}

export interface ScepResult {
  readonly key: KeyPair;
  readonly message: Buffer;
  readonly reply: Reply;
  /** Absent when the reply is not 200. */
  readonly answer?: CertRep;
  readonly certificate?: Buffer;
  /** Sends the same message again. */
  send(): Promise<ScepResult>;
}

export async function askScep(stub: AnyStub, attempt: ScepAttempt = {}): Promise<ScepResult> {
  const key = attempt.key ?? newKey();
  const [ca] = readPem(stub.authority.caPem);
  const subject = attempt.subject ?? [[['CN', 'a device']]];
  const now = new Date(stub.clock.now());
  const certificate = attempt.signer?.certificate ?? buildSignerCertificate({ subject, key, now, random });
  const signer = { certificate, key: attempt.signer?.key ?? key.privateKey };
  const content = buildCsr({
    subject,
    key,
    ...(attempt.challenge !== undefined && { challengePassword: attempt.challenge }),
  });
  const message = buildRequest({
    messageType: 'PKCSReq',
    transactionId: randomUUID(),
    senderNonce: randomBytes(16),
    content,
    recipient: ca?.der ?? Buffer.alloc(0),
    signer,
    cipher: 'aes-128-cbc',
    digest: 'sha256',
    signingTime: now,
    random,
    ...attempt.request,
  });
  const { encode = encodeURIComponent } = attempt;
  const send = async (): Promise<ScepResult> => {
    const reply =
      attempt.by === 'GET'
        ? await stub.send(`/scep?operation=PKIOperation&message=${encode(message.toString('base64'))}`)
        : await postScep(stub, message);
    return { key, message, reply, send, ...read(reply) };
  };
  return send();

  function read(reply: Reply): Pick<ScepResult, 'answer' | 'certificate'> {
    if (reply.status !== 200) return {};
    const answer = readCertRep(reply.body, {
      signerCertificate: signer.certificate,
      signerKey: signer.key,
      authorities: ca === undefined ? [] : [ca.der],
    });
    if (answer.pkiStatus !== 'success') return { answer };
    return { answer, certificate: certificateFor(key.publicKey, answer.certificates) };
  }
}

export const postScep = (stub: AnyStub, message: Uint8Array): Promise<Reply> =>
  stub.send('/scep?operation=PKIOperation', {
    method: 'POST',
    headers: { 'content-type': 'application/x-pki-message' },
    body: message,
  });

/** The payload dictionaries of a profile by PayloadType. */
export function payloads(profile: Uint8Array): Map<string, PlistDict> {
  const { PayloadContent } = parsePlistDict(profile, profileLimits);
  const list = Array.isArray(PayloadContent) ? PayloadContent.filter(isDict) : [];
  return new Map(list.map((payload) => [String(payload['PayloadType']), payload]));
}

export async function fetchChallenge(stub: AnyStub, user: string): Promise<{ challenge: string; topic: string }> {
  const { body } = await stub.send(`/enroll/ios?user=${user}&unsigned=1`);
  const found = payloads(body);
  const scep = found.get('com.apple.security.scep')?.['PayloadContent'];
  return {
    challenge: isDict(scep) ? String(scep['Challenge']) : '',
    topic: String(found.get('com.apple.mdm')?.['Topic']),
  };
}

export const user1 = 'user1@contoso.example';
export const user2 = 'user2@contoso.example';

/** A device that speaks as it is told to. */
export class Client {
  readonly token = randomBytes(32);
  readonly magic = randomUUID().toUpperCase();

  constructor(
    readonly stub: AnyStub,
    readonly udid: string,
    readonly topic: string,
    readonly certificate: Buffer,
    readonly key: KeyObject,
  ) {}

  /** The same device, at a stub that was started again. */
  at(stub: AnyStub): Client {
    const { udid, topic, certificate, key, token, magic } = this;
    return Object.assign(new Client(stub, udid, topic, certificate, key), { token, magic });
  }

  /** As a PEM pair for TLS. */
  get identity() {
    const pem = `-----BEGIN CERTIFICATE-----\n${this.certificate.toString('base64')}\n-----END CERTIFICATE-----\n`;
    return { cert: pem, key: this.key.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }

  signatureOf(body: Uint8Array, at = this.stub.clock.now()): string {
    const signer = createCmsSigner(this.certificate, this.key);
    return signer.sign(body, new Date(at), { detached: true }).toString('base64');
  }

  put(path: '/checkin' | '/mdm', body: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const type =
      path === '/mdm' ? 'application/x-apple-aspen-mdm; charset=UTF-8' : 'application/x-apple-aspen-mdm-checkin';
    return this.stub.send(path, {
      method: 'PUT',
      headers: { 'content-type': type, 'mdm-signature': this.signatureOf(body), ...headers },
      body,
    });
  }

  authenticate(changes: object = {}): Promise<Reply> {
    return this.put(
      '/checkin',
      encodeCheckin({
        MessageType: 'Authenticate',
        UDID: this.udid,
        Topic: this.topic,
        SerialNumber: `S${this.udid.slice(0, 8)}`,
        ProductName: 'iPhone15,2',
        OSVersion: '18.1',
        BuildVersion: '22B83',
        ...changes,
      }),
    );
  }

  tokenUpdate(changes: object = {}): Promise<Reply> {
    return this.put(
      '/checkin',
      encodeCheckin({
        MessageType: 'TokenUpdate',
        UDID: this.udid,
        Topic: this.topic,
        Token: this.token,
        PushMagic: this.magic,
        UnlockToken: Buffer.from('unlock me'),
        ...changes,
      }),
    );
  }

  checkOut(): Promise<Reply> {
    return this.put('/checkin', encodeCheckin({ MessageType: 'CheckOut', UDID: this.udid, Topic: this.topic }));
  }

  declarative(endpoint: string, data?: object): Promise<Reply> {
    return this.put(
      '/checkin',
      encodeCheckin({
        MessageType: 'DeclarativeManagement',
        UDID: this.udid,
        Endpoint: endpoint,
        ...(data !== undefined && { Data: Buffer.from(JSON.stringify(data)) }),
      }),
    );
  }

  /** Sends a result (Idle without one) and reads the next command. */
  async connect(result: Partial<MdmResult> = {}): Promise<{ reply: Reply; command: MdmCommand | undefined }> {
    const reply = await this.put('/mdm', encodeResult({ udid: this.udid, status: 'Idle', ...result }));
    return { reply, command: reply.status === 200 ? decodeCommand(reply.body) : undefined };
  }

  /** A whole session: every command acknowledged, or answered as `answer` says. */
  async session(answer: (command: MdmCommand) => Partial<MdmResult> = () => ({})): Promise<MdmCommand[]> {
    const commands: MdmCommand[] = [];
    let { command } = await this.connect();
    while (command !== undefined && commands.length < 100) {
      commands.push(command);
      const given = answer(command);
      ({ command } = await this.connect({ status: 'Acknowledged', commandUuid: command.CommandUUID, ...given }));
    }
    return commands;
  }
}

let made = 0;

/** A device with a certificate of the stub's for this user; nothing was said yet. */
export async function newClient(stub: AnyStub, user = user1, udid?: string): Promise<Client> {
  const { challenge, topic } = await fetchChallenge(stub, user);
  const { key, certificate } = await askScep(stub, { challenge });
  if (certificate === undefined) throw new Error('SCEP gave no certificate');
  made++;
  return new Client(
    stub,
    udid ?? `0000${String(made).padStart(4, '0')}-00112233445566${made % 10}E`,
    topic,
    certificate,
    key.privateKey,
  );
}

/** A device that is enrolled and has had its first session. */
export async function enrolledClient(stub: AnyStub, user = user1, udid?: string): Promise<Client> {
  const client = await newClient(stub, user, udid);
  const replies = [await client.authenticate(), await client.tokenUpdate()];
  if (replies.some(({ status }) => status !== 200))
    throw new Error(`enrolling: ${replies.map(({ status }) => status)}`);
  await client.session();
  return client;
}
