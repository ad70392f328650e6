import type { KeyObject } from 'node:crypto';
import type { StubServices } from '../dialect.js';
import type { Beginnings } from './beginnings.js';
import type { Entra } from './entra/service.js';
import type { Hardware } from './hardware.js';
import type { Sessions } from './sessions.js';
import type { Tokens } from './tokens.js';

/** DMClient's Poll (specs/windows.md §1.5): three schedules in turn. Intervals in minutes, 0: none; number 0: for ever. */
export interface PollSchedule {
  readonly first: { readonly retries: number; readonly minutes: number };
  readonly second: { readonly retries: number; readonly minutes: number };
  readonly remaining: { readonly retries: number; readonly minutes: number };
  /** A session at each login. */
  readonly onLogin: boolean;
}

/** How a management session proves who speaks, beside the TLS client certificate. */
type SessionAuthentication = 'certificate' | 'md5' | 'basic';

/** What a library user may set of the Windows dialect; everything has a default. */
export interface WindowsOptions {
  /**
   * What Discover answers: user name and password in the request, the sign-in page of the stub, or a certificate that this CA gave
   * to a user, which signs the request: the latter by specification alone, and unproven. Default OnPremise.
   */
  readonly authPolicy?: 'OnPremise' | 'Federated' | 'Certificate';
  /** Terms of use that who joins by Entra has to accept first; paragraphs apart by an empty line. Default: there are none. */
  readonly termsOfUse?: string;
  /** Signs the tokens of the stub's Entra: RSA of 2048 bits or more. Default: made when the first is asked for, new each 30 days. */
  readonly entraKey?: KeyObject;
  /** What devices are told of polling. Default: every 15 minutes eight times, then every eight hours. */
  readonly poll?: PollSchedule;
  /** How long before the end of its certificate a device renews it, in days. Default: the tenant's `renewBeforeMs`, in whole days. */
  readonly renewPeriodDays?: number;
  /** How long it waits after a renewal that failed, in days. Default: a sixth of the former, 1 to 7. */
  readonly renewRetryDays?: number;
  /** Default `certificate`: nothing but the client certificate is asked for; md5 at a stub without TLS, where there is none. */
  readonly auth?: SessionAuthentication;
  /** With `auth` md5 or basic: credentials once a session (the answer is 212), or in each of its messages (200). Default once. */
  readonly credentials?: 'session' | 'message';
  /** Size of the key that GetPolicies asks for. Default 2048. */
  readonly keySizeBits?: 2048 | 4096;
  /** Most bytes of a message that devices may send (MaxMsgSize). Default 524,288. */
  readonly maxMessageBytes?: number;
  /**
   * DEFAULTENCODING of the accounts of devices that enroll from now on: how they write their messages. Default xml. Each message is
   * answered as it came.
   */
  readonly encoding?: 'xml' | 'wbxml';
  /** The stub shows who it is, by MD5 over the nonce that the device gives (APPAUTH CLIENT). Default: it shows nothing, as servers do. */
  readonly mutual?: boolean;
  /** Behave as servers do that Windows gets on with and a specification would not: see quirks.ts. Default false. */
  readonly quirks?: boolean;
}

type Derived = 'renewPeriodDays' | 'renewRetryDays';
type WindowsSettings = Required<Omit<WindowsOptions, 'entraKey' | Derived>> & Pick<WindowsOptions, Derived>;

export const defaultSettings: WindowsSettings = {
  authPolicy: 'OnPremise',
  termsOfUse: '',
  poll: {
    first: { retries: 8, minutes: 15 },
    second: { retries: 0, minutes: 0 },
    remaining: { retries: 0, minutes: 480 },
    onLogin: false,
  },
  auth: 'certificate',
  credentials: 'session',
  keySizeBits: 2048,
  maxMessageBytes: 524_288,
  encoding: 'xml',
  mutual: false,
  quirks: false,
};

/** What the endpoints of this folder share. */
export interface WindowsContext extends Omit<StubServices, 'keep'> {
  readonly settings: { poll: PollSchedule } & Omit<WindowsSettings, 'poll'>;
  readonly tokens: Tokens;
  readonly beginnings: Beginnings;
  readonly entra: Entra;
  readonly hardware: Hardware;
  readonly sessions: Sessions;
}

const dayMs = 24 * 3_600_000;

/** RenewPeriod: whole days, from 1 to 1000, as the CSP has it (M5). */
export const renewPeriodDays = ({ settings, tenant }: Pick<WindowsContext, 'settings' | 'tenant'>): number =>
  settings.renewPeriodDays ?? Math.min(1000, Math.max(1, Math.ceil(tenant.renewalMs() / dayMs)));

/** RetryInterval: whole days, seven at most, so that a renewal that fails is tried some times more before the certificate ends. */
export const renewRetryDays = (context: Pick<WindowsContext, 'settings' | 'tenant'>): number =>
  context.settings.renewRetryDays ?? Math.max(1, Math.min(7, Math.floor(renewPeriodDays(context) / 6)));

/** PROVIDER-ID of the account that a device is given. */
export const providerId = 'Rollcall';

export const paths = {
  discovery: '/EnrollmentServer/Discovery.svc',
  policy: '/EnrollmentServer/Policy.svc',
  enrollment: '/EnrollmentServer/Enrollment.svc',
  signIn: '/EnrollmentServer/Authenticate',
  terms: '/EnrollmentServer/TermsOfUse',
  management: '/ManagementServer/MDM.svc',
} as const;
