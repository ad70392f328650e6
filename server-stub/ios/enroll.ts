// GET /enroll/ios: the enrollment profile of one person (specs/apple.md §1.2).
import { timingSafeEqual } from 'node:crypto';
import { contentTypes } from '../../protocol/apple-mdm/http-errors.js';
import { payloadTypes } from '../../protocol/apple-mdm/profile/profile.js';
import { askedDeviceOf, companyPortalOf, enrollmentHeader, enrollmentWay } from '../../protocol/enrollment-header.js';
import type { PlistDict } from '../../protocol/plist/value.js';
import { buildPkcs12 } from '../../protocol/x509/pkcs12.js';
import type { Admitted, AskingDevice } from '../core/interfaces.js';
import type { EnrollmentType, User } from '../core/types.js';
import { stubError } from '../errors.js';
import type { StubAnswer, StubRequest } from '../http-types.js';
import type { CertificateGrant } from '../issued.js';
import { addressKey } from '../remote-address.js';
import { watchAnswer } from './attempts.js';
import { enrollmentIdentifier, type IosContext, topicOf } from './context.js';
import { enrollmentProfile, identityUuid, scepPayload, subjectFor } from './enrollment-profile.js';
import { common } from './render.js';

/** How the device is to get its identity, and how to speak with it. */
const identities = {
  /** By SCEP; Mdm-Signature on every message. */
  scep: { source: 'scep', signs: true },
  /** By SCEP; TLS client certificate. */
  tls: { source: 'scep', signs: false },
  /** In the profile; Mdm-Signature. */
  pkcs12: { source: 'pkcs12', signs: true },
  /** In the profile; TLS client certificate. */
  'pkcs12-tls': { source: 'pkcs12', signs: false },
} as const;
type ProfileEnrollment = NonNullable<CertificateGrant['enrollment']>;
type IdentityName = keyof typeof identities;
const isIdentityName = (text: string): text is IdentityName => Object.hasOwn(identities, text);

/**
 * `?user=UPN` (and Basic credentials where the user has a password), or `?userless=1`. `identity` is one of scep (default),
 * tls, pkcs12, pkcs12-tls; `unsigned=1` leaves the signature out. What only the device can tell is judged at Authenticate. Throws ENROLLMENT_REFUSED, UNAUTHORIZED, REQUEST_INVALID,
 * and STUB_BUSY where too many ask for a PKCS#12.
 */
export function createEnroll(context: IosContext): (request: StubRequest) => Promise<StubAnswer> {
  const { tenant, sign } = context;
  return async (request) => {
    const name = request.query.get('identity') ?? 'scep';
    if (!isIdentityName(name)) throw stubError('REQUEST_INVALID', `identity is none of ${Object.keys(identities)}`);
    const admission = admitted(request);
    const { attempt } = admission;
    watchAnswer(request, attempt, context);
    try {
      return await profileFor(admission, name, request);
    } catch (error) {
      if (attempt !== undefined) tenant.withdraw(attempt); // nothing was given out that could be enrolled with
      throw error;
    }
  };

  async function profileFor({ user, attempt, way }: Admission, name: IdentityName, request: StubRequest) {
    const enrollment: ProfileEnrollment = {
      type: way,
      authority: tenant.managerOf(user?.id),
      ...(attempt !== undefined && { attempt }),
    };
    const origin = context.addresses.originFor(request);
    const { source, signs } = identities[name];
    const grant = { platform: 'ios', purpose: 'identity', userId: user?.id } as const;
    const identity =
      source === 'scep'
        ? scepPayload(user, origin, { ...grant, enrollment }, context)
        : await pkcs12Payload({ user, enrollment }, request, context);
    const { authority } = enrollment;
    const profile = enrollmentProfile({ origin, topic: topicOf(tenant), signs, identity, authority }, context);
    return {
      status: 200,
      headers: { 'content-type': contentTypes.profile, 'cache-control': 'no-store' },
      body: request.query.get('unsigned') === '1' ? profile : await sign(profile),
    };
  }

  function admitted(request: StubRequest): Admission {
    const admit = (user: string | undefined) => {
      const way = wayOf(request, user);
      const companyPortal = companyPortalOf(request.headers);
      const asks = companyPortal === undefined ? undefined : askingDevice(request);
      return { ...tenant.admit({ platform: 'ios', user, way, companyPortal, asks }), way };
    };
    if (request.query.get('userless') === '1') return admit(undefined);
    const basic = readBasic(request.headers['authorization']);
    const upn = request.query.get('user') ?? basic?.user;
    if (upn === undefined || upn === '') throw stubError('UNAUTHORIZED', 'nobody said who is enrolling');
    const password = tenant.user(upn)?.password;
    if (
      password !== undefined &&
      !(basic?.user.toLowerCase() === upn.toLowerCase() && isSame(basic.password, password))
    ) {
      throw stubError('UNAUTHORIZED', 'the password is missing or wrong');
    }
    return admit(upn);
  }
}

type Admission = Admitted & { readonly way: EnrollmentType };

/** Whose profile it is, and what it says. */
interface Enrollee {
  readonly user: User | undefined;
  readonly enrollment: ProfileEnrollment;
}

/** The key is made here and forgotten with the answer. Throws STUB_BUSY. */
async function pkcs12Payload(
  { user, enrollment }: Enrollee,
  request: StubRequest,
  context: IosContext,
): Promise<PlistDict> {
  const { tenant, ca, random, settings, keys } = context;
  const { publicKey, privateKey } = await keys.make(settings.keySizeBits, {
    address: addressKey(request.remote),
    isGone: () => request.isGone === true,
  });
  const certificate = ca.issueForDevice({
    publicKey,
    subject: subjectFor(user, tenant.displayName),
    platform: 'ios',
    purpose: 'identity',
    userId: user?.id,
    enrollment,
  });
  const password = random(18).toString('base64url');
  return {
    ...common(payloadTypes.pkcs12, `${enrollmentIdentifier}.pkcs12`, identityUuid, 'Device identity'),
    PayloadCertificateFileName: 'identity.p12',
    PayloadContent: buildPkcs12({ certificate, privateKey, chain: [ca.certificate], password, random }),
    Password: password,
  };
}

/** By convention a Company Portal says which device it asks for (E03); its identifier is what Authenticate says later. */
function askingDevice({ headers }: StubRequest): AskingDevice | undefined {
  const asked = askedDeviceOf(headers);
  if (asked === undefined) return undefined;
  const { id: deviceId, ...facts } = asked;
  return { deviceId, ...facts };
}

/** By convention a header says how the device came here; without one a device of nobody's is of a crowd. */
function wayOf({ headers }: StubRequest, user: string | undefined): EnrollmentType {
  return (
    enrollmentWay(headers[enrollmentHeader.toLowerCase()], ['user', 'bulk', 'automated']) ??
    (user === undefined ? 'bulk' : 'user')
  );
}

/** RFC 7617. */
function readBasic(header: string | undefined): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function isSame(given: string, expected: string): boolean {
  const one = Buffer.from(given, 'utf8');
  const other = Buffer.from(expected, 'utf8');
  return one.length === other.length && timingSafeEqual(one, other);
}
