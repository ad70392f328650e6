import { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';

/** One link of a result's ErrorChain; the first is the top-level failure, those that follow are its causes. */
export interface ChainLink {
  readonly ErrorCode: number;
  readonly ErrorDomain: string;
  readonly LocalizedDescription: string;
  readonly USEnglishDescription?: string;
}

export type ErrorChain = readonly ChainLink[];

/** Apple's domains (specs/apple.md §1.9). */
export const errorDomains = {
  profile: 'MCProfileErrorDomain',
  payload: 'MCPayloadErrorDomain',
  installation: 'MCInstallationErrorDomain',
  passcode: 'MCPasscodeErrorDomain',
  email: 'MCEmailErrorDomain',
  eas: 'MCEASErrorDomain',
  certificate: 'MCCertificateErrorDomain',
  mdm: 'MCMDMErrorDomain',
  wifi: 'MCWiFiErrorDomain',
  vpn: 'MCVPNErrorDomain',
  scep: 'MCSCEPErrorDomain',
  http: 'MCHTTPTransactionErrorDomain',
  settings: 'MCSettingsErrorDomain',
  chaperone: 'MCChaperoneErrorDomain',
  sso: 'MCSSOErrorDomain',
  webContentFilter: 'MCWebContentFilterErrorDomain',
} as const;
export type ErrorDomain = keyof typeof errorDomains;

/** Longer than any sentence of ours; what is quoted from a profile may be megabytes, and goes into answers and logs. */
const longestDescription = 500;

export function link(domain: ErrorDomain, code: number, text: string): ChainLink {
  const description = text.length > longestDescription ? `${text.slice(0, longestDescription)}…` : text;
  return {
    ErrorCode: code,
    ErrorDomain: errorDomains[domain],
    LocalizedDescription: description,
    USEnglishDescription: description,
  };
}

/** A PROFILE_REFUSED whose details carry the chain that the device answers with. */
export function refuse(...chain: ChainLink[]): RollcallError {
  const text = chain.map((entry) => `${entry.ErrorDomain} ${entry.ErrorCode}: ${entry.LocalizedDescription}`);
  return protocolError('PROFILE_REFUSED', text.join(' <- '), { details: { errorChain: chain } });
}

/** The same for a failure that was named already: it becomes the cause, and its advice goes on. */
export function refuseFor(cause: RollcallError, ...chain: ChainLink[]): RollcallError {
  const { message, details } = refuse(...chain);
  return protocolError('PROFILE_REFUSED', message, { details, cause, hint: cause.hint });
}

/** The chain that an error carries, if it is a refusal made by `refuse`. */
export function chainOf(error: unknown): ErrorChain | undefined {
  if (!(error instanceof RollcallError) || error.code !== 'PROFILE_REFUSED') return undefined;
  return error.details['errorChain'] as ErrorChain;
}
