// A SCEP enrollment, carried out after the session that asked for it, and again while its server says PENDING.
import { z } from 'zod';
import { isRollcallError, type RollcallError } from '../../../../base/errors.js';
import { type Issued, type PendingRequest, requestCertificate } from '../../../scep/client.js';
import type { Work } from '../saved.js';
import { ndesClient, windowsScepRulesFor } from '../scep-rules.js';
import { WindowsServerTrust } from '../server-trust.js';
import { keepCertificate } from './certificates.js';
import type { CspContext } from './module.js';
import { type ScepNodes, type ScepOrder, scepOrder } from './scep-order.js';

/** Values of the node Status. */
export const scepStatus = { installed: '1', pending: '2', failed: '16', unknown: '32' } as const;

/**
 * HRESULTs of the node ErrorCode. From reports: the challenge's (case D5; its number is inferred), that of a CA with another
 * thumbprint, and 0x80190000 with an HTTP status. The others are the nearest that Windows has a name for, by convention.
 */
const hresults = {
  badPrintable: 0x80092021, // CRYPT_E_INVALID_PRINTABLE_STRING
  otherCa: 0x80091007, // CRYPT_E_HASH_VALUE
  badParameter: 0x80070057, // E_INVALIDARG
  unreachable: 0x80072efd, // WININET_E_CANNOT_CONNECT
  untrusted: 0x80072f8f, // WININET_E_DECODING_FAILED of old, WinHTTP's secure failure
  malformed: 0x8007000d, // ERROR_INVALID_DATA
  stillPending: 0x800705b4, // ERROR_TIMEOUT
  keyGone: 0x80090016, // NTE_BAD_KEYSET
  refused: 0x80004005, // E_FAIL
} as const;
const httpBase = 0x80190000;

const pendingRequest = z.object({
  transactionId: z.string(),
  key: z.union([z.object({ pool: z.string() }), z.object({ pkcs8: z.string() })]),
  /** Base64. */
  signer: z.string(),
});
const workData = z.object({
  uri: z.string(),
  scope: z.enum(['device', 'user']),
  nodes: z.record(z.string(), z.string()),
  pending: z.exactOptional(pendingRequest),
});
type WorkData = z.infer<typeof workData>;

/** What Enroll sets going; `uri` is the address of {UniqueID}. */
export const enrollWork = (
  root: string,
  name: string,
  uri: string,
  scope: 'device' | 'user',
  nodes: ScepNodes,
): Work => ({
  module: root,
  name: `SCEP/${name}`,
  tries: 0,
  data: { uri, scope, nodes },
});

/** Fetches the certificate. Throws INTERRUPTED and what is a bug; everything else ends in the nodes Status and ErrorCode. */
export async function doScepWork(work: Work, context: CspContext): Promise<void> {
  const read = workData.safeParse(work.data);
  if (!read.success) return;
  const { data } = read;
  if (!context.tree.has(data.uri)) return;
  await new Enrollment(work, data, context).run();
}

class Enrollment {
  readonly #work: Work;
  readonly #data: WorkData;
  readonly #context: CspContext;
  #pending: PendingRequest | undefined;

  constructor(work: Work, data: WorkData, context: CspContext) {
    this.#work = work;
    this.#data = data;
    this.#context = context;
  }

  async run(): Promise<void> {
    const order = this.#order();
    if (order === undefined) return this.#fail(hresults.badParameter, 'its nodes make no request');
    if (!order.isChallengePrintable)
      return this.#fail(hresults.badPrintable, 'the challenge holds a character that PrintableString does not have');
    for (const [at, settings] of order.settings.entries()) {
      try {
        const issued = await this.#request(order, at);
        this.#installed(issued, settings.url);
        return;
      } catch (error) {
        if (this.#context.signal.aborted || !isRollcallError(error)) throw error;
        if (error.code === 'TRANSPORT_LOST' && at < order.settings.length - 1) continue;
        this.#ended(error, order);
        return;
      }
    }
  }

  #order(): ScepOrder | undefined {
    try {
      return scepOrder(this.#data.nodes);
    } catch (error) {
      if (isRollcallError(error, 'CSP_MALFORMED')) return undefined;
      throw error;
    }
  }

  #request({ settings, digests }: ScepOrder, at: number): Promise<Issued> {
    const { ports, signal, device, memory } = this.#context;
    const asked = settings[at];
    if (asked === undefined) throw new TypeError('an order names a server');
    const server = new WindowsServerTrust(device, ports.clock);
    server.follow(memory);
    const { pending } = this.#data;
    this.#pending = pending && { ...pending, signer: Buffer.from(pending.signer, 'base64') };
    return requestCertificate(asked, {
      ports,
      signal,
      server,
      commonName: device.state.facts.id,
      rules: windowsScepRulesFor(digests),
      userAgent: ndesClient(device.state.facts.osVersion),
      lenient: device.lenient,
      tell: (happening) => device.tell(happening),
      ...(this.#pending === undefined ? {} : { resumes: this.#pending }),
      onPending: (request) => {
        this.#pending = request;
      },
    });
  }

  #installed({ certificate, chain, key }: Issued, url: string): void {
    const { memory } = this.#context;
    const { uri, scope } = this.#data;
    this.#set('Status', scepStatus.installed);
    this.#set('ErrorCode', '0');
    this.#set('RespondentServerUrl', url);
    keepCertificate({ der: certificate, store: 'My', scope, key: key.ref, chain: [...chain], node: uri }, memory);
    this.#alert(scepStatus.installed);
  }

  #ended(error: RollcallError, order: ScepOrder): void {
    const isPending = error.code === 'SCEP_PENDING';
    if (isPending) this.#set('RespondentServerUrl', order.settings[0]?.url ?? '');
    if ((isPending || error.code === 'TRANSPORT_LOST') && this.#work.tries < order.retryCount) this.#later(order);
    else this.#fail(hresultOf(error), error.message);
  }

  /**
   * PENDING is asked about again after RetryDelay, RetryCount times. An unreachable server is treated so too: a convention, by which
   * a lost network does not end an enrollment for good.
   */
  #later({ retryDelayMs }: ScepOrder): void {
    const { ports, effect } = this.#context;
    const { uri, scope, nodes } = this.#data;
    const request = this.#pending;
    const pending = request && { ...request, signer: Buffer.from(request.signer).toString('base64') };
    this.#set('Status', scepStatus.pending);
    const work: Work = {
      ...this.#work,
      at: ports.clock.now() + retryDelayMs,
      tries: this.#work.tries + 1,
      data: { uri, scope, nodes, ...(pending === undefined ? {} : { pending }) },
    };
    effect({ kind: 'work', work });
  }

  #fail(hresult: number, why: string): void {
    const { device } = this.#context;
    this.#set('Status', scepStatus.failed);
    this.#set('ErrorCode', String(hresult));
    const shown = `0x${hresult.toString(16).toUpperCase()}`;
    device.tell({
      type: 'trouble',
      code: 'SCEP_FAILED',
      message: `${shown}: ${why}`,
      hint: 'The node ErrorCode below its UniqueID says the same to the server.',
      about: this.#work.name,
    });
    this.#alert(scepStatus.failed);
  }

  #set(name: string, value: string): void {
    this.#context.tree.set(`${this.#data.uri}/${name}`, value);
  }

  /** Its type is Windows' own (specs/windows.md §1.11); what its item holds no capture shows: the address and the Status, by convention. */
  #alert(status: string): void {
    this.#context.effect({
      kind: 'alert',
      alert: {
        code: '1226',
        type: 'com.microsoft:mdm.SCEPcertinstall.result',
        source: this.#data.uri,
        format: 'int',
        mark: 'informational',
        data: status,
      },
    });
  }
}

function hresultOf({ code, details }: RollcallError): number {
  const { status, reason } = details;
  if (code === 'SCEP_PENDING') return hresults.stillPending;
  if (code === 'KEY_MISSING') return hresults.keyGone;
  if (code === 'TRANSPORT_LOST') return hresults.unreachable;
  if (typeof status === 'number') return httpBase + status;
  if (reason === 'fingerprint' || reason === 'ra') return hresults.otherCa;
  if (reason === 'network') return hresults.untrusted;
  if (reason === 'malformed' || reason === 'content-type') return hresults.malformed;
  return hresults.refused;
}
