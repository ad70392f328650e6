// The resource gate (protocol/resource-gate.ts): would mail, VPN or Wi-Fi let this device in with this profile?
import { isRollcallError } from '../base/errors.js';
import { decodeResourceAsk, encodeResourceAnswer, gateLimits, gatePath } from '../protocol/resource-gate.js';
import { type ProfileKind, profileKinds } from '../protocol/vocabulary.js';
import type { Ca } from './ca.js';
import type { ResourceGate } from './core/interfaces.js';
import type { ResourceDecision } from './core/types.js';
import { stubError } from './errors.js';
import type { Route } from './http-types.js';

/** What the core calls a profile: a device may know it by another name. */
interface Names {
  profileName(deviceId: string, kind: ProfileKind, name: string): string;
}

export function resourceRoutes(tenant: ResourceGate, ca: Pick<Ca, 'judge'>, names: Names): Route[] {
  return profileKinds.map((kind) => ({
    method: 'POST',
    path: gatePath(kind),
    maxBytes: gateLimits.maxBytes,
    handle: ({ body }) => {
      const decision = decide({ tenant, ca, names }, kind, body);
      return {
        status: decision.allowed ? 200 : 403,
        headers: { 'content-type': 'application/json' },
        body: encodeResourceAnswer(decision),
      };
    },
  }));
}

interface Judging {
  readonly tenant: ResourceGate;
  readonly ca: Pick<Ca, 'judge'>;
  readonly names: Names;
}

function decide({ tenant, ca, names }: Judging, kind: ProfileKind, body: Buffer): ResourceDecision {
  let ask: ReturnType<typeof decodeResourceAsk>;
  try {
    ask = decodeResourceAsk(body);
  } catch (cause) {
    if (!isRollcallError(cause)) throw cause;
    throw stubError('REQUEST_INVALID', cause.message, { cause });
  }
  const name = names.profileName(ask.deviceId, kind, ask.name);
  const decision = tenant.resource(ask.deviceId, kind, name, ask.secret);
  const problem = ask.certificate === undefined ? undefined : certificateProblem(ca, ask.certificate, ask.deviceId);
  return decision.allowed && problem !== undefined ? { allowed: false, reason: problem } : decision;
}

/** Certificates of others are not judged here: an administrator may have put any into a profile. */
function certificateProblem(ca: Pick<Ca, 'judge'>, certificate: Uint8Array, deviceId: string): string | undefined {
  const judged = ca.judge(certificate);
  if (judged.standing === 'foreign') return undefined;
  if (judged.standing !== 'ok') return `The certificate is ${judged.standing}.`;
  return judged.entry.deviceId === deviceId ? undefined : "The certificate is another device's.";
}
