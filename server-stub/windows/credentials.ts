// Who enrolls: judged at GetPolicies and again at the request for a certificate (specs/windows.md §1.2).
import { timingSafeEqual } from 'node:crypto';
import { isRollcallError } from '../../base/errors.js';
import { readBase64 } from '../../protocol/mde2/base64.js';
import type { Credential } from '../../protocol/mde2/credentials.js';
import type { User } from '../core/types.js';
import { stubError } from '../errors.js';
import type { WindowsContext } from './context.js';
import type { ProvenUser } from './proven.js';

/** Who enrolls. */
export interface Enroller {
  /** Absent: a device without a user (A10). */
  readonly user?: User;
  /** The token that said so. */
  readonly token?: string;
  /** A token of Entra did: the device is joined. */
  readonly isByEntra?: boolean;
}

type Judging = Pick<WindowsContext, 'tenant' | 'tokens'>;

/**
 * Whether the password is this user's; one whose user has none is not looked at. Throws UNAUTHORIZED; and for a user that nobody
 * knows what `admit` throws.
 */
export function requirePassword(upn: string, password: string, { tenant }: Pick<Judging, 'tenant'>): void {
  const expected = tenant.user(upn)?.password;
  if (expected !== undefined && !isSame(password, expected)) {
    throw stubError('UNAUTHORIZED', 'the password is missing or wrong');
  }
}

/**
 * The person whom a credential names, who may enroll on Windows now. `replaces`: the device that this enrollment takes the place
 * of, for E17. Throws UNAUTHORIZED, ENROLLMENT_REFUSED (E02, E04, E17).
 */
export function admitted(
  credential: Credential | ProvenUser | undefined,
  { tenant, tokens }: Judging,
  replaces?: string,
): Enroller {
  if (credential === undefined) throw stubError('UNAUTHORIZED', 'nobody said who is enrolling');
  if (credential.kind === 'proven') {
    return { ...enroller(admit(credential.user, { tenant }, replaces)), isByEntra: credential.by === 'entra' };
  }
  if (credential.kind === 'username') {
    const { username, password } = credential;
    if (username === '') throw stubError('UNAUTHORIZED', 'nobody said who is enrolling');
    requirePassword(username, password, { tenant });
    return enroller(admit(username, { tenant }, replaces));
  }
  const text = tokenText(credential.token);
  const known = text === undefined ? undefined : tokens.check(text);
  if (text === undefined || known === undefined) {
    throw stubError('UNAUTHORIZED', 'the token is unknown, used up or expired: sign in again');
  }
  return { ...enroller(admit(known.userId, { tenant }, replaces)), token: text };
}

const enroller = (user: User | undefined): Enroller => (user === undefined ? {} : { user });

/**
 * Throws what `admit` throws; for a user that nobody knows with the Subcode, and so the HRESULT, of wrong credentials. The words of
 * E02 go with it: they say that there is no such user, which a stub for tests does not keep to itself.
 */
export function admit(
  upn: string | undefined,
  { tenant }: Pick<Judging, 'tenant'>,
  deviceId?: string,
): User | undefined {
  try {
    return tenant.admit({ platform: 'windows', user: upn, deviceId }).user;
  } catch (error) {
    const isUnknown = upn !== undefined && tenant.user(upn) === undefined;
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
