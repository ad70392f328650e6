// A Windows client that says to the stub exactly what a test wants said, over real sockets.
import { createHash, randomBytes } from 'node:crypto';
import { Agent } from 'node:https';
import { onTestFinished } from 'vitest';
import { contextItems } from '../../../protocol/mde2/context-items.js';
import { type Credential, valueTypes } from '../../../protocol/mde2/credentials.js';
import { buildWindowsCsr, type WindowsCsrForm, wrapRenewal } from '../../../protocol/mde2/csr.js';
import { type ProvisioningDocument, readProvisioning } from '../../../protocol/mde2/provisioning.js';
import { decodeTokenResponse, encodeRequestToken, type RstRequest } from '../../../protocol/mde2/request-token.js';
import { readEnvelope } from '../../../protocol/soap/envelope.js';
import type { SoapFault } from '../../../protocol/soap/fault.js';
import { basicCredential, md5Credential } from '../../../protocol/syncml/auth.js';
import type { Item, Meta, StatusCommand, SyncMlCommand, SyncMlMessage } from '../../../protocol/syncml/message.js';
import { decodeSyncMl } from '../../../protocol/syncml/read.js';
import { encodeSyncMl } from '../../../protocol/syncml/write.js';
import type { KeyPair } from '../../../protocol/x509/csr.js';
import { writePem } from '../../../protocol/x509/pem.js';
import { type AnyStub, exchange, newKey, type Reply, type Send } from '../ios/stub.js';

export const paths = {
  discovery: '/EnrollmentServer/Discovery.svc',
  policy: '/EnrollmentServer/Policy.svc',
  enrollment: '/EnrollmentServer/Enrollment.svc',
  signIn: '/EnrollmentServer/Authenticate',
  management: '/ManagementServer/MDM.svc',
} as const;

export const soap = (body: Uint8Array | string): Send => ({
  method: 'POST',
  headers: { 'content-type': 'application/soap+xml; charset=utf-8', 'user-agent': 'ENROLLClient' },
  body,
});

export const passwordOf = (username: string, password = ''): Credential => ({ kind: 'username', username, password });
export const tokenOf = (token: string): Credential => ({
  kind: 'token',
  token: Buffer.from(token, 'utf8').toString('base64'),
  valueType: valueTypes.userToken,
});

/** The fault of a reply, which a test may have to be there. */
export const faultOf = ({ body }: Reply): SoapFault | undefined => readEnvelope(body).fault;

/** How a client answers a command: a code, a code with results, or nothing at all. */
export type Answer = (command: SyncMlCommand) => Answered | undefined;
export type Answered = string | { readonly code: string; readonly results?: Readonly<Record<string, string>> };

/** What one session came to. */
export interface SessionReport {
  /** Every command of the server but its Statuses, in order. */
  readonly commands: readonly SyncMlCommand[];
  /** Messages that the client sent. */
  readonly messages: number;
  /** It was told to leave, or refused by status. */
  readonly isDisowned: boolean;
}

const connections = new Map<string, Agent>();

/** One connection for all messages of a certificate, as Windows has one for a session. */
function connectionOf(tls: WindowsClient['tls'], ca: string): Agent {
  const name = tls.cert + ca;
  const held = connections.get(name);
  if (held !== undefined) return held;
  const agent = new Agent({ keepAlive: true, ca, ...tls });
  connections.set(name, agent);
  onTestFinished(() => {
    agent.destroy();
    connections.delete(name);
  });
  return agent;
}

const hex = (bytes: number): string => randomBytes(bytes).toString('hex').toUpperCase();

export class WindowsClient {
  readonly deviceId: string;
  readonly hardwareId: string;
  readonly key: KeyPair;
  certificate: Buffer | undefined;
  document: ProvisioningDocument | undefined;
  sessionId = 0;
  nonce: string | undefined;

  constructor(
    readonly stub: AnyStub,
    options: { readonly deviceId?: string; readonly hardwareId?: string; readonly key?: KeyPair } = {},
  ) {
    this.deviceId = options.deviceId ?? hex(16);
    this.hardwareId = options.hardwareId ?? hex(32);
    this.key = options.key ?? newKey();
  }

  /** The same device at a stub that was started again. */
  at(stub: AnyStub): WindowsClient {
    const client = new WindowsClient(stub, this);
    client.certificate = this.certificate;
    client.document = this.document;
    client.sessionId = this.sessionId;
    return client;
  }

  context(changes: Parameters<typeof contextItems>[0] | object = {}): readonly (readonly [string, string])[] {
    return contextItems({
      uxInitiated: true,
      hwDevId: this.hardwareId,
      locale: 'en-US',
      targetedUserLoggedIn: true,
      osEdition: 4,
      deviceName: 'DESKTOP-TEST',
      macs: ['00-15-5D-00-00-01'],
      deviceId: this.deviceId,
      enrollmentType: 'Full',
      osVersion: '10.0.26100.1',
      applicationVersion: '10.0.26100.1',
      notInOobe: true,
      manufacturer: 'Example',
      deviceModel: 'Model 1',
      serialNumber: `SN-${this.deviceId.slice(0, 6)}`,
      requestVersion: '5.0',
      ...changes,
    });
  }

  csr(form: WindowsCsrForm = 'win11', key = this.key): Buffer {
    const guid = '00112233-4455-6677-8899-AABBCCDDEEFF';
    return buildWindowsCsr(form, {
      deviceId: this.deviceId,
      guid,
      ...key,
      digest: form === 'win10' ? 'sha1' : 'sha256',
    });
  }

  request(credential: Credential | undefined, changes: Partial<RstRequest> = {}): Buffer {
    return encodeRequestToken({
      to: `${this.stub.authority.url}${paths.enrollment}`,
      ...(credential !== undefined && { credential }),
      requestType: 'Issue',
      token: this.csr(),
      tokenValueType: valueTypes.pkcs10,
      context: this.context(),
      ...changes,
    });
  }

  /** The request for a certificate; what comes of it is kept where it was granted. `headers`: beside those of SOAP. */
  async enroll(
    credential: Credential | undefined,
    changes: Partial<RstRequest> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const sent = soap(this.request(credential, changes));
    const reply = await this.stub.send(paths.enrollment, { ...sent, headers: { ...sent.headers, ...headers } });
    if (reply.status === 200 && faultOf(reply) === undefined) this.#take(reply, 'enrollment');
    return reply;
  }

  #take(reply: Reply, kind: 'enrollment' | 'renewal'): void {
    const document = readProvisioning(decodeTokenResponse(reply.body).document, { kind });
    if (kind === 'enrollment') this.document = document;
    this.certificate = document.certificates.find(({ path }) => path[0] === 'My')?.der;
  }

  /** The TLS client of the present certificate. */
  get tls(): { readonly cert: string; readonly key: string } {
    if (this.certificate === undefined) throw new Error('the client has no certificate');
    return {
      cert: writePem('CERTIFICATE', this.certificate),
      key: this.key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
  }

  /** Another certificate for another key; `use` says whether the client takes what it is given. */
  async renew(key: KeyPair, { isBare = false, withTls = true }: { isBare?: boolean; withTls?: boolean } = {}) {
    const { certificate } = this;
    if (certificate === undefined) throw new Error('the client has no certificate');
    const csr = this.csr('win11', key);
    const signed = wrapRenewal(csr, { certificate, privateKey: this.key.privateKey }, new Date(this.stub.clock.now()));
    const body = this.request(undefined, {
      requestType: 'Renew',
      token: isBare ? csr : signed,
      tokenValueType: isBare ? valueTypes.pkcs10 : valueTypes.pkcs7,
      context: [['DeviceType', 'CIMClient_Windows']],
    });
    const reply = await this.stub.send(paths.enrollment, { ...soap(body), ...(withTls && { client: this.tls }) });
    if (faultOf(reply) !== undefined) return { reply, renewed: undefined };
    const renewed = new WindowsClient(this.stub, { ...this, key });
    renewed.#take(reply, 'renewal');
    renewed.document = this.document;
    renewed.sessionId = this.sessionId;
    return { reply, renewed };
  }

  message(msgId: number, commands: readonly SyncMlCommand[], changes: Partial<SyncMlMessage['header']> = {}): Buffer {
    return encodeSyncMl({
      header: {
        sessionId: String(this.sessionId),
        msgId: String(msgId),
        target: `${this.stub.authority.url}${paths.management}`,
        source: this.deviceId,
        ...changes,
      },
      commands,
      isFinal: true,
    });
  }

  /** Package 1 in the form of 26200. */
  packageOne(login = 'user', more: readonly SyncMlCommand[] = []): SyncMlCommand[] {
    const item = (leaf: string, data: string): Item => ({ source: `./DevInfo/${leaf}`, data });
    return [
      { verb: 'Alert', cmdId: '2', data: '1201', items: [] },
      alert('3', '1224', 'com.microsoft/MDM/LoginStatus', login),
      ...more,
      {
        verb: 'Replace',
        cmdId: '9',
        items: [
          item('DevId', this.deviceId),
          item('Man', 'Example'),
          item('Mod', 'Model 2'),
          item('DmV', '1.3'),
          item('Lang', 'en-US'),
        ],
      },
    ];
  }

  say(body: Uint8Array | string, isAnonymous = false, type = 'application/vnd.syncml.dm+xml'): Promise<Reply> {
    const path = `${paths.management}?mode=Maintenance&Platform=WoA`;
    const send = {
      method: 'POST',
      headers: { 'content-type': type, 'user-agent': 'MSFT OMA DM Client/1.2.0.1' },
      body,
    };
    const { url, caPem } = this.stub.authority;
    return isAnonymous
      ? this.stub.send(path, send)
      : exchange(new URL(path, url), caPem, connectionOf(this.tls, caPem), send);
  }

  /** One session: package 1, then every command answered until the server has none. */
  async session(
    answer: Answer = () => '200',
    { login, more, isAnonymous }: { login?: string; more?: readonly SyncMlCommand[]; isAnonymous?: boolean } = {},
  ): Promise<SessionReport> {
    this.sessionId++;
    const told: SyncMlCommand[] = [];
    let commands: readonly SyncMlCommand[] = this.packageOne(login, more);
    for (let msgId = 1; ; msgId++) {
      const reply = await this.say(this.message(msgId, commands), isAnonymous);
      if (reply.status !== 200) return { commands: told, messages: msgId, isDisowned: true };
      const { commands: said } = decodeSyncMl(reply.body);
      const own = said.filter(({ verb }) => verb !== 'Status');
      told.push(...own);
      const isLeft = own.some((each) => each.verb === 'Exec' && each.items[0]?.target?.endsWith('/Unenroll') === true);
      if (own.length === 0) return { commands: told, messages: msgId, isDisowned: false };
      if (isLeft && this.stub.authority.tenant.device(this.deviceId) === undefined) {
        return { commands: told, messages: msgId, isDisowned: true };
      }
      commands = answersTo(own, String(msgId), answer);
    }
  }

  credential(type: 'md5' | 'basic', nonce = this.nonce ?? ''): Partial<SyncMlMessage['header']> {
    const { name = '', secret = '' } = this.document?.application?.appSrv ?? {};
    const data =
      type === 'md5' ? md5Credential(name, secret, Buffer.from(nonce, 'base64')) : basicCredential(name, secret);
    return { sourceName: name, cred: { meta: { format: 'b64', type: `syncml:auth-${type}` }, data } };
  }
}

export const alert = (cmdId: string, data: string, type: string, value: string, meta: Meta = {}): SyncMlCommand => ({
  verb: 'Alert',
  cmdId,
  data,
  items: [{ meta: { type, ...meta }, data: value }],
});

export const unenrollAlert = alert('4', '1226', 'com.microsoft:mdm.unenrollment.userrequest', '1', {
  format: 'int',
  mark: 'critical',
});

/** Statuses and Results as Windows sends them: the container's alone for an Atomic that went well, its members' too where it did not. */
export function answersTo(commands: readonly SyncMlCommand[], msgRef: string, answer: Answer): SyncMlCommand[] {
  const answers: SyncMlCommand[] = [];
  let last = 1;
  const status = (cmdRef: string, cmd: string, data: string): StatusCommand => ({
    verb: 'Status',
    cmdId: String(last++),
    msgRef,
    cmdRef,
    cmd,
    targetRefs: [],
    sourceRefs: [],
    data,
    items: [],
  });
  answers.push(status('0', 'SyncHdr', '200'));
  const take = (command: SyncMlCommand): void => {
    const given = answer(command);
    if (given !== undefined) {
      const { code, results } = typeof given === 'string' ? { code: given, results: undefined } : given;
      answers.push(status(command.cmdId ?? '', command.verb, code));
      if (results !== undefined) {
        const items = Object.entries(results).map(([source, data]) => ({ source, data }));
        answers.push({ verb: 'Results', cmdId: String(last++), msgRef, cmdRef: command.cmdId ?? '', items });
      }
    }
    if (command.verb === 'Atomic') for (const member of command.commands) take(member);
  };
  for (const command of commands) take(command);
  return answers;
}

/** Enrolled, and its first session held. */
export async function enrolledClient(stub: AnyStub, user: string, options = {}): Promise<WindowsClient> {
  const client = new WindowsClient(stub, options);
  const reply = await client.enroll(passwordOf(user));
  const fault = faultOf(reply);
  if (fault !== undefined) throw new Error(`the enrollment was refused: ${fault.reason}`);
  await client.session();
  return client;
}

export const sha1 = (der: Uint8Array): string => createHash('sha1').update(der).digest('hex').toUpperCase();
