// Devices that are broken, or behind a bad network: what they are given in place of the world as it is (the scenario's `faults`).
import {
  agentError,
  type Http,
  type HttpFault,
  type HttpRequest,
  type HttpSession,
  type Ports,
  type Random,
  skewed,
  type TlsIdentity,
} from '../../agent/index.js';
import { realClock } from '../../base/clock.js';
import { drawn } from '../load/drawn.js';
import type { Fault } from '../scenario/model.js';

type Of<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

/**
 * The same ports with these faults in them. `connection-dropped`: a third of the connections that are to fail fail while they are made,
 * a third in the middle of the request, a third in that of the answer, when the authority has done what was asked. `slow-reads`: answers
 * are read at this rate. `latency`: in real time, before each request. `clock`: the device's own is wrong. `wrong-signature`: of
 * messages (iOS, Android), or of the certificate that is shown (Windows). `malformed`: a message ends in its middle, and is signed so.
 * `duplicate` is none of ports: which device it is a second one of is for whoever makes it. `random` draws, the device's own.
 *
 * @example
 * const ports = faultyPorts(sound, [{ kind: 'slow-reads', share: 1, bytesPerSecond: 500 }], seededRandom('seed', 7));
 */
export function faultyPorts(ports: Ports, faults: readonly Fault[], random: Random): Ports {
  let made = ports;
  const draws = { random, fraction: () => random.fraction() };
  for (const fault of faults) made = withFault(made, fault, draws);
  return made;
}

interface Draws {
  readonly random: Random;
  fraction(): number;
}

function withFault(ports: Ports, fault: Fault, draws: Draws): Ports {
  switch (fault.kind) {
    case 'connection-dropped':
      return { ...ports, http: before(ports.http, (request) => dropped(request, fault, draws)) };
    case 'slow-reads':
      return { ...ports, http: before(ports.http, (request) => failing(request, fault)) };
    case 'latency':
      return { ...ports, http: before(ports.http, (request) => delayed(request, fault, draws)) };
    case 'clock':
      return { ...ports, clock: skewed(ports.clock, fault.skewMs) };
    case 'wrong-signature':
      return { ...ports, http: wronglySigned(ports.http) };
    case 'malformed':
      return { ...ports, distort: (message) => (draws.fraction() < fault.probability ? half(message) : message) };
    case 'duplicate':
      return ports;
  }
}

/** Sends what `change` makes of each request. */
function before(http: Http, change: (request: HttpRequest) => HttpRequest | Promise<HttpRequest>): Http {
  return {
    open(options): HttpSession {
      const session = http.open(options);
      return {
        request: async (request) => session.request(await change(request)),
        close: () => session.close(),
      };
    },
  };
}

const askedFor = 'The scenario asks for that: faults, connection: dropped.';

const failing = (request: HttpRequest, fault: HttpFault): HttpRequest => ({
  ...request,
  fault: {
    ...request.fault,
    ...(fault.breaks === undefined ? {} : { breaks: fault.breaks }),
    ...(fault.bytesPerSecond === undefined ? {} : { bytesPerSecond: fault.bytesPerSecond }),
  },
});

function dropped(request: HttpRequest, { probability }: Of<'connection-dropped'>, draws: Draws): HttpRequest {
  if (draws.fraction() >= probability) return request;
  const where = draws.fraction() * 3;
  if (where < 1)
    throw agentError('TRANSPORT_LOST', 'no connection could be made: a fault that was asked for', {
      details: { reason: 'fault' },
      hint: askedFor,
    });
  const hasBody = request.body !== undefined;
  return failing(request, { breaks: where < 2 && hasBody ? 'sending' : 'answering' });
}

async function delayed(request: HttpRequest, { ms }: Of<'latency'>, draws: Draws): Promise<HttpRequest> {
  await realClock.sleep(drawn(ms, draws), request.signal);
  return request;
}

const half = (message: Uint8Array): Uint8Array => message.subarray(0, Math.floor(message.length / 2));

/** Headers that hold a signature, with what makes a wrong one of it. */
const signatures: Readonly<Record<string, (signature: string) => string>> = {
  'Mdm-Signature': (base64) => withLastBitTurned(Buffer.from(base64, 'base64')).toString('base64'),
  'X-Request-Signature': (hex) => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`,
};

function wronglySigned(http: Http): Http {
  const wrong = before(http, (request) => ({ ...request, headers: wrongHeaders(request.headers ?? {}) }));
  return {
    open: ({ identity, ...options } = {}) =>
      wrong.open({ ...options, ...(identity === undefined ? {} : { identity: forged(identity) }) }),
  };
}

function wrongHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, signatures[name]?.(value) ?? value]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The key is the device's; the authority never signed this certificate. */
const forged = ({ certificates: [leaf, ...rest], key }: TlsIdentity): TlsIdentity => ({
  certificates: leaf === undefined ? rest : [withLastBitTurned(leaf), ...rest],
  key,
});

/** A signature ends both a certificate and a CMS without unsigned attributes. */
function withLastBitTurned(der: Uint8Array): Buffer {
  const turned = Buffer.from(der);
  const last = turned.length - 1;
  if (last >= 0) turned.writeUInt8(turned.readUInt8(last) ^ 1, last);
  return turned;
}
