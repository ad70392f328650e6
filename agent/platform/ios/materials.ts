// What a profile's certificate payloads bring: certificates as they are, identities opened or fetched.
import { isRollcallError, type RollcallError } from '../../../base/errors.js';
import { type ChainLink, link, refuseFor } from '../../../protocol/apple-mdm/error-chain.js';
import { certificateOf, identityOf } from '../../../protocol/apple-mdm/profile/certificates.js';
import { installOrder } from '../../../protocol/apple-mdm/profile/enrollment.js';
import { isAnchor, type Payload, payloadTypes } from '../../../protocol/apple-mdm/profile/profile.js';
import { scepSettings } from '../../../protocol/apple-mdm/profile/scep.js';
import { agentCatalogue } from '../../errors.js';
import type { DeviceKey, Ports } from '../../model/ports.js';
import type { ServerTrust } from '../../model/server-rules.js';
import { requestCertificate } from '../../scep/client.js';
import type { ScepReason } from '../../scep/failure.js';
import type { DeviceView } from '../driver.js';
import { profileClient } from './exchange.js';
import { appleScepRules } from './scep-rules.js';

export interface Material {
  /** DER. */
  readonly certificate: Buffer;
  readonly chain: readonly Buffer[];
  /** Present for an identity. */
  readonly key?: DeviceKey;
}
/** By PayloadUUID. */
export type Materials = ReadonlyMap<string, Material>;

interface MaterialOptions {
  readonly ports: Ports;
  readonly signal: AbortSignal;
  readonly server: ServerTrust;
  readonly onRequest?: () => void;
  /** What the user lifted, and who is told. */
  readonly device: Pick<DeviceView, 'lenient' | 'tell'>;
  /** A SCEP server that cannot be reached is a reason to refuse the profile; otherwise that is left to be tried again. */
  readonly refusesUnreachable?: boolean;
}

/** What is no business of the SCEP server's: everything else is a refusal of the profile. */
const ours = ['INTERRUPTED', 'KEY_MISSING'];

/** In the order of installation. Throws PROFILE_REFUSED when a SCEP server refuses, and what the transport throws. */
export async function gatherMaterials(payloads: readonly Payload[], options: MaterialOptions): Promise<Materials> {
  const materials = new Map<string, Material>();
  const anchors: Buffer[] = [];
  const server = trusting(options.server, anchors);
  for (const payload of installOrder(payloads)) {
    const material = await gather(payload, { ...options, server });
    if (material === undefined) continue;
    materials.set(payload.uuid, material);
    if (isAnchor(payload)) anchors.push(material.certificate);
  }
  return materials;
}

/** Certificates come first in a profile: its SCEP servers are trusted by the roots beside them. */
const trusting = (server: ServerTrust, anchors: readonly Uint8Array[]): ServerTrust => ({
  rules: server.rules,
  roots: () => (anchors.length === 0 ? server.roots() : [...server.roots(), ...anchors]),
  now: () => server.now(),
  isLenient: server.isLenient,
  tell: (happening) => server.tell(happening),
});

async function gather(payload: Payload, options: MaterialOptions): Promise<Material | undefined> {
  if (isAnchor(payload)) return { certificate: certificateOf(payload).der, chain: [] };
  if (payload.type === payloadTypes.pkcs12) {
    const { certificate, chain, privateKey } = identityOf(payload);
    return { certificate, chain, key: options.ports.keys.adopt(privateKey) };
  }
  if (payload.type !== payloadTypes.scep) return undefined;
  const { device } = options;
  try {
    return await requestCertificate(scepSettings(payload), {
      ports: options.ports,
      signal: options.signal,
      server: options.server,
      commonName: payload.identifier,
      userAgent: profileClient,
      rules: appleScepRules,
      lenient: device.lenient,
      tell: (happening) => device.tell(happening),
      ...(options.onRequest === undefined ? {} : { onRequest: options.onRequest }),
    });
  } catch (error) {
    if (options.signal.aborted || !isRollcallError(error) || ours.includes(error.code)) throw error;
    if (error.code === 'TRANSPORT_LOST' && options.refusesUnreachable !== true) throw error;
    if (options.refusesUnreachable === true) tellWhatToDo(payload, error, device);
    throw scepRefusal(payload, error);
  }
}

/** The answer to a command has room for codes alone: what to do about it at the server is told beside it. */
function tellWhatToDo(payload: Payload, error: RollcallError, device: Pick<DeviceView, 'tell'>): void {
  const { code, message, hint, details } = error;
  if (Object.entries(agentCatalogue).some(([name, entry]) => name === code && entry.hint === hint)) return;
  const { problem } = details; // whose hint it is: a rule of TLS
  const about = `SCEP of ${payload.displayName ?? payload.identifier}`;
  device.tell({ type: 'trouble', code: typeof problem === 'string' ? problem : code, message, hint, about });
}

/** As real devices chain it: 4001 -> 4001 -> 1009 -> the SCEP domain's own code (specs/apple.md §1.9). */
function scepRefusal(payload: Payload, error: RollcallError): RollcallError {
  const name = payload.displayName ?? payload.identifier;
  const chain = [
    link('installation', 4001, 'The profile failed to install.'),
    link('installation', 4001, `The SCEP enrollment of “${name}” failed.`),
    link('profile', 1009, `The payload “${payload.identifier}” could not be installed.`),
    scepLink(error),
  ];
  return refuseFor(error, ...chain);
}

const noRequest = [22011, 'The certificate signing request could not be created'] as const;
const invalidResponse = [22013, 'The SCEP server returned an invalid response'] as const;

/** By `details.reason` of SCEP_FAILED; Apple's table of codes says what each means. */
const codes: Readonly<Record<ScepReason, readonly [code: number, text: string]>> = {
  network: [22005, 'A network error has occurred'],
  capabilities: [22006, 'The SCEP server does not have the required capabilities'],
  'content-type': [22004, 'The SCEP server configuration is not supported'],
  fingerprint: [22002, 'The SCEP server returned an invalid CA response'],
  ra: [22003, 'The SCEP server returned an invalid RA response'],
  subject: noRequest,
  recipient: noRequest,
  certificate: [22007, 'The SCEP server returned an invalid certificate'],
  key: [22008, 'The identity could not be created'],
  signer: invalidResponse,
  transaction: invalidResponse,
  nonce: invalidResponse,
  unmarked: invalidResponse,
  cipher: invalidResponse,
  bundle: invalidResponse,
  malformed: invalidResponse,
};

function scepLink(error: RollcallError): ChainLink {
  const { step, reason } = error.details;
  const [code, text] = codes[reasonOf(error.code, step, reason)];
  return link('scep', code, `${text}: ${error.message}`);
}

/** What a step answered with a wrong status, or unreadably, is that step's own failure. */
function reasonOf(code: string, step: unknown, reason: unknown): ScepReason {
  if (code === 'TRANSPORT_LOST') return 'network';
  if (typeof reason === 'string' && reason !== 'malformed' && reason in codes) return reason as ScepReason;
  if (step === 'GetCACaps') return 'capabilities';
  return step === 'GetCACert' ? 'fingerprint' : 'malformed';
}
