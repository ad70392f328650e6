// How a Windows enrollment fails: a step, an HRESULT with its name, and what a person can do (specs/windows.md §1.6).
import { isRollcallError, type RollcallError } from '../../../base/errors.js';
import { hresultHex, hresultOf, hresultText } from '../../../protocol/mde2/hresult.js';
import { agentCatalogue, agentError, tlsRefusals } from '../../errors.js';
import { hintOfRefusal } from './hints.js';
import { windowsShows } from './shown.js';

/** Where an enrollment or a renewal stood when it failed. */
export type EnrollStep = 'Discovery' | 'sign-in' | 'GetPolicies' | 'RequestSecurityToken' | 'provisioning';

/** HRESULTs that the device finds by itself; those of faults and statuses come from protocol/mde2/hresult.ts. */
export const hresult = {
  /** MENROLL_E_DEVICE_CERTIFCATEREQUEST_ERROR: the policy asks for a key that there is none of. */
  certificateRequest: 0x80180004,
  dateInvalid: 0x8018000d,
  notEnrolled: 0x8018000b,
  passwordNeeded: 0x8018000e,
  webView: 0x8018000f,
  connectivity: 0x80180010,
  invalidCertificate: 0x80180012,
  insecureRedirect: 0x8018001a,
  certificateStore: 0x8018001e,
  account: 0x8018001f,
  dmClient: 0x80180020,
  provisioning: 0x80180023,
  noClientCertificate: 0x80180024,
  cancelled: 0x80180030,
  tooManyRequests: 0x80180033,
  /** ERROR_NO_SUCH_USER of Win32. */
  noSuchUser: 0x80070525,
} as const;

/** What an error of an enrollment carries beside its words. */
interface Context {
  readonly cause?: unknown;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

const messageOf = (step: EnrollStep, code: number, text: string): string => `${step}: ${hresultText(code)}: ${text}`;

const detailsOf = (step: EnrollStep, code: number, details: Context['details'] = {}) => {
  const name = hresultOf(code)?.name;
  return { ...details, step, hresult: hresultHex(code), ...(name === undefined ? {} : { hresultName: name }) };
};

/** ENROLL_FAILED: what came does not hold together, or the device cannot go on. */
export const failed = (step: EnrollStep, code: number, text: string, context: Context = {}): RollcallError =>
  agentError('ENROLL_FAILED', messageOf(step, code, text), {
    ...context,
    details: detailsOf(step, code, context.details),
  });

/** ENROLL_REFUSED: the authority said no. `details.shows`: what a person at the device reads, which the hint ends with. */
export function refused(step: EnrollStep, code: number, text: string, context: Context = {}): RollcallError {
  const shows = windowsShows(code);
  const { hint = hintOfRefusal(code) ?? agentCatalogue.ENROLL_REFUSED.hint, details } = context;
  return agentError('ENROLL_REFUSED', messageOf(step, code, text), {
    ...context,
    hint: `${hint} Windows shows: “${shows}”`,
    details: { ...detailsOf(step, code, details), shows },
  });
}

/** AUTHORITY_BUSY: 429 and 5xx without a word of SOAP may pass by themselves. */
export const busy = (step: EnrollStep, code: number, text: string, context: Context = {}): RollcallError =>
  agentError('AUTHORITY_BUSY', messageOf(step, code, text), {
    ...context,
    details: detailsOf(step, code, context.details),
  });

/** Codes that keep their name: nothing was said by the authority, or the failure is the device's own. */
const kept: readonly string[] = ['INTERRUPTED', 'KEY_MISSING', 'STATE_UNSAVED', 'STATE_INVALID'];

/**
 * What an enrollment that failed at `step` throws. What the transport threw keeps its code and is told with the HRESULT that
 * Windows has for it; what has an HRESULT already comes back as it is. `mayBe`: what a connection that ends without an answer may
 * come of at this step.
 */
export function failureOf(error: unknown, step: EnrollStep, mayBe?: string): unknown {
  if (!isRollcallError(error) || kept.includes(error.code)) return error;
  const { code, message, details, hint } = error;
  const own = details['hresult'];
  if (code === 'PROVISIONING_REFUSED' && typeof own === 'string') {
    const told = detailsOf('provisioning', Number(own), details);
    return agentError('ENROLL_FAILED', `provisioning: ${message}`, { cause: error, details: told });
  }
  if (own !== undefined) return error;
  const context = { cause: error, hint };
  const told = { step, ...details };
  if (code === 'TRANSPORT_LOST')
    return agentError(code, messageOf(step, hresult.connectivity, message), {
      ...context,
      hint: mayBe === undefined ? hint : `${hint} ${mayBe}`,
      details: detailsOf(step, hresult.connectivity, told),
    });
  const refusal = tlsCodes.find((each) => each === code);
  if (refusal !== undefined) {
    const number = refusal === 'TLS_EXPIRED' ? hresult.dateInvalid : hresult.invalidCertificate;
    return agentError(refusal, messageOf(step, number, message), {
      ...context,
      details: detailsOf(step, number, told),
    });
  }
  const number = ofStep[step];
  return failed(step, number, message, { ...context, details: told });
}

type TlsCode = Extract<Parameters<typeof agentError>[0], `TLS_${string}`>;
const tlsCodes = tlsRefusals as readonly TlsCode[];

/** For what has no number of its own. MENROLL_E_DEVICE_UNKNOWN_ERROR but for the web view and the document: our rule. */
const ofStep: Readonly<Record<EnrollStep, number>> = {
  Discovery: 0x80180008,
  'sign-in': hresult.webView,
  GetPolicies: 0x80180008,
  RequestSecurityToken: 0x80180008,
  provisioning: hresult.provisioning,
};
