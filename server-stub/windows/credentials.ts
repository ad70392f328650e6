// Who enrolls: judged at GetPolicies and again at the request for a certificate (specs/windows.md §1.2).
import { timingSafeEqual } from 'node:crypto';
import { isRollcallError } from '../../base/errors.js';
import { readBase64 } from '../../protocol/mde2/base64.js';
import type { Credential } from '../../protocol/mde2/credentials.js';
import type { AdmitRequest, Tenant } from '../core/interfaces.js';
import type { User } from '../core/types.js';
import { stubError } from '../errors.js';
import type { WindowsContext } from './context.js';
import type { ProvenUser } from './proven.js';
import type { TokenHolder } from './tokens.js';

/** Who enrolls, by what was shown; whether that may be the core says. */
export interface Enroller {
  /** Id of a user; a name that is nobody's as it was given. Absent: a device without a user (A10). */
  readonly user?: string;
  /** The token of the sign-in page that said so. */
  readonly token?: string;
  /** Id of the bulk token that the provisioning package holds. */
  readonly bulkToken?: string;
  /** A token of Entra said so: the device is joined. */
  readonly isByEntra?: boolean;
  /** When the person signed in, where that is known. */
  readonly signedInAt?: number;
}

type Judging = Pick<WindowsContext, 'tenant' | 'tokens'>;

/**
 * Whether the password is this user's; one whose user has none is not looked at. Throws UNAUTHORIZED; and for a user that nobody
 * knows nothing: the core has its own words.
 */
export function requirePassword(upn: string, password: string, { tenant }: Pick<Judging, 'tenant'>): void {
  const expected = tenant.user(upn)?.password;
  if (expected !== undefined && !isSame(password, expected)) {
    throw stubError('UNAUTHORIZED', 'the password is missing or wrong');
  }
}

/**
 * Whom a credential names. `deviceId`: of the device that asks, where it says it. Throws UNAUTHORIZED: it is missing, wrong, or not known.
 * A bulk token that has expired is known (E12).
 */
export function identify(
  credential: Credential | ProvenUser | undefined,
  { tenant, tokens }: Judging,
  deviceId?: string,
): Enroller {
  if (credential === undefined) throw stubError('UNAUTHORIZED', 'nobody said who is enrolling');
  if (credential.kind === 'proven') {
    const { user, by, signedInAt } = credential;
    return {
      user: knownUser(user, tenant),
      isByEntra: by === 'entra',
      ...(signedInAt !== undefined && { signedInAt }),
    };
  }
  if (credential.kind === 'username') {
    const { username, password } = credential;
    if (username === '') throw stubError('UNAUTHORIZED', 'nobody said who is enrolling');
    requirePassword(username, password, { tenant });
    return { user: knownUser(username, tenant) };
  }
  const text = tokenText(credential.token);
  const bulk = text === undefined ? undefined : tenant.findBulkToken(text);
  if (bulk !== undefined) return { bulkToken: bulk.id };
  const known = text === undefined ? undefined : tokens.check(text, deviceId === undefined ? {} : { deviceId });
  if (text === undefined || known === undefined) throw worthless();
  const { userId, issuedAt } = known;
  return { ...(userId !== undefined && { user: userId }), token: text, signedInAt: issuedAt };
}

/** A used token is good for the key with which it was used (`by`), and for no other. Throws UNAUTHORIZED. */
export function requireToken(token: string, by: TokenHolder, { tokens }: Pick<Judging, 'tokens'>): void {
  if (tokens.check(token, by) === undefined) throw worthless();
}

const worthless = () => stubError('UNAUTHORIZED', 'the token is unknown, used up or expired: sign in again');

/** The id of a user of this name. */
const knownUser = (name: string, tenant: Pick<Tenant, 'user'>): string => tenant.user(name)?.id ?? name;

/**
 * May an enrollment of this person begin? Throws what `admit` of the core throws, in the words of Windows where they are others than
 * those of the code alone.
 */
export function admit(request: Omit<AdmitRequest, 'platform'>, { tenant }: Pick<Judging, 'tenant'>): User | undefined {
  return inWords(request.user, tenant, () => tenant.admit({ platform: 'windows', ...request }).user);
}

/**
 * What `ask` throws; for a user that nobody knows with the Subcode, and so the HRESULT, of wrong credentials. The words of E02 go with
 * it: they say that there is no such user, which a stub for tests does not keep to itself.
 */
export function inWords<T>(user: string | undefined, tenant: Pick<Tenant, 'user'>, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    const isUnknown = user !== undefined && tenant.user(user) === undefined;
    if (!isRollcallError(error, 'ENROLLMENT_REFUSED') || !isUnknown || codeOf(error.details) !== 'E02') throw error;
    throw stubError('ENROLLMENT_REFUSED', error.message, {
      details: { ...error.details, words: { subcode: 'Authentication' } },
    });
  }
}

const codeOf = ({ refusal }: Readonly<Record<string, unknown>>): unknown =>
  typeof refusal === 'object' && refusal !== null && 'code' in refusal ? refusal.code : undefined;

/** A BinarySecurityToken is base64 of what the sign-in page gave. */
function tokenText(base64: string): string | undefined {
  const bytes = readBase64(base64);
  return bytes === undefined || bytes.length === 0 || bytes.length > 4096 ? undefined : bytes.toString('utf8');
}

function isSame(given: string, expected: string): boolean {
  const one = Buffer.from(given, 'utf8');
  const other = Buffer.from(expected, 'utf8');
  return one.length === other.length && timingSafeEqual(one, other);
}
