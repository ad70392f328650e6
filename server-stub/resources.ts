// The resource gate (protocol/resource-gate.ts): would mail, VPN or Wi-Fi let this device in with this profile?
import { isRollcallError } from '../protocol/errors.js';
import { decodeResourceAsk, encodeResourceAnswer, gateLimits, gatePath } from '../protocol/resource-gate.js';
import { type ProfileKind, profileKinds } from '../protocol/vocabulary.js';
import type { Tenant } from './core/types.js';
import { stubError } from './errors.js';
import type { Route } from './http-types.js';

export function resourceRoutes(tenant: Tenant): Route[] {
  return profileKinds.map((kind) => ({
    method: 'POST',
    path: gatePath(kind),
    maxBytes: gateLimits.maxBytes,
    handle: ({ body }) => {
      const decision = decide(tenant, kind, body);
      return {
        status: decision.allowed ? 200 : 403,
        headers: { 'content-type': 'application/json' },
        body: encodeResourceAnswer(decision),
      };
    },
  }));
}

function decide(tenant: Tenant, kind: ProfileKind, body: Buffer) {
  let ask: ReturnType<typeof decodeResourceAsk>;
  try {
    ask = decodeResourceAsk(body);
  } catch (cause) {
    if (!isRollcallError(cause)) throw cause;
    throw stubError('REQUEST_INVALID', cause.message, { cause });
  }
  return tenant.resource(ask.deviceId, kind, ask.name);
}
