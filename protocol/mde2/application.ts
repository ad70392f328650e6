// APPLICATION w7: the account of device management (specs/windows.md §1.5; Learn, w7 APPLICATION CSP).
import { refusal } from './refusal.js';
import { below, type Characteristic, parmOf } from './wap.js';

/** APPAUTH. */
export interface WapAuthentication {
  readonly type: 'BASIC' | 'DIGEST';
  readonly name?: string;
  readonly secret: string;
  /** AAUTHDATA as it came: base64 of a nonce, or the literal `nonce`; absent where it was empty. */
  readonly nonce?: string;
}

export interface WapApplication {
  readonly providerId: string;
  readonly name?: string;
  /** ADDR; absent in a renewal. */
  readonly address?: string;
  /** APPSRV: what the device shows to the server. */
  readonly appSrv?: WapAuthentication;
  /** CLIENT: what the server shows to the device. */
  readonly client?: WapAuthentication;
  /** Default 3. */
  readonly connRetryFreq: number;
  /** Milliseconds; defaults 16,000 and 86,400,000. */
  readonly initialBackOffMs: number;
  readonly maxBackOffMs: number;
  readonly backCompatRetryDisabled: boolean;
  /** DEFAULTENCODING. */
  readonly defaultEncoding?: string;
  readonly role?: string;
  readonly protoVer?: string;
  readonly useHwDevId: boolean;
  readonly crlCheck: boolean;
  /** SSLCLIENTCERTSEARCHCRITERIA, percent-encoding and all, as it came. */
  readonly searchCriteria?: string;
}

const accountFailed = 0x8018001f;
const provisioningFailed = 0x80180023;
const invalidArgument = 0x80070057;

/** Throws PROVISIONING_REFUSED; a renewal's account needs no more than a PROVIDER-ID. */
export function readApplication(from: Characteristic, kind: 'enrollment' | 'renewal'): WapApplication {
  const text = (name: string): string | undefined => parmOf(from, name) || undefined;
  const number = (name: string, otherwise: number): number => {
    const value = text(name);
    if (value === undefined) return otherwise;
    if (!/^\d{1,10}$/.test(value)) throw refusal(accountFailed, `${name} is no number`);
    return Number(value);
  };
  const isSet = (name: string): boolean => /^(?:1|true)$/i.test(text(name) ?? '');
  const providerId = text('PROVIDER-ID');
  if (providerId === undefined) throw refusal(accountFailed, 'the account has no PROVIDER-ID');
  const address = text('ADDR');
  if (kind === 'enrollment' && address === undefined) throw refusal(accountFailed, 'the account has no ADDR');
  const authentications = kind === 'enrollment' ? readAuthentications(from) : {};
  return {
    providerId,
    connRetryFreq: number('CONNRETRYFREQ', 3),
    initialBackOffMs: number('INITIALBACKOFFTIME', 16_000),
    maxBackOffMs: number('MAXBACKOFFTIME', 86_400_000),
    backCompatRetryDisabled: parmOf(from, 'BACKCOMPATRETRYDISABLED') !== undefined,
    useHwDevId: isSet('USEHWDEVID'),
    crlCheck: isSet('CRLCHECK'),
    ...authentications,
    ...textsOf({
      name: text('NAME'),
      address,
      defaultEncoding: text('DEFAULTENCODING'),
      role: text('ROLE'),
      protoVer: text('PROTOVER'),
      searchCriteria: text('SSLCLIENTCERTSEARCHCRITERIA'),
    }),
  };
}

/** The entries that are there. */
function textsOf<K extends string>(texts: Record<K, string | undefined>): { readonly [P in K]?: string } {
  const kept: Partial<Record<K, string>> = {};
  for (const key of Object.keys(texts) as K[]) {
    const text = texts[key];
    if (text !== undefined) kept[key] = text;
  }
  return kept;
}

/** Both must be there, each with an AAUTHDATA of any value: the account is not made otherwise (event 17). */
function readAuthentications(from: Characteristic): { appSrv: WapAuthentication; client: WapAuthentication } {
  const find = (level: string): WapAuthentication => {
    const found = below(from, 'APPAUTH').find((each) => parmOf(each, 'AAUTHLEVEL') === level);
    if (found === undefined) {
      throw refusal(provisioningFailed, `no APPAUTH with AAUTHLEVEL ${level}`, invalidArgument);
    }
    return readAuthentication(found, level);
  };
  return { appSrv: find('APPSRV'), client: find('CLIENT') };
}

function readAuthentication(from: Characteristic, level: string): WapAuthentication {
  const type = parmOf(from, 'AAUTHTYPE') || 'DIGEST';
  if (type !== 'BASIC' && type !== 'DIGEST') {
    throw refusal(provisioningFailed, `APPAUTH ${level}: AAUTHTYPE is neither BASIC nor DIGEST`, invalidArgument);
  }
  const nonce = parmOf(from, 'AAUTHDATA');
  if (nonce === undefined) throw refusal(provisioningFailed, `APPAUTH ${level} has no AAUTHDATA`, invalidArgument);
  const name = parmOf(from, 'AAUTHNAME');
  return {
    type,
    secret: parmOf(from, 'AAUTHSECRET') ?? '',
    ...(name !== undefined && name !== '' && { name }),
    ...(nonce !== '' && { nonce }),
  };
}
