// Apple MDM (specs/apple.md) as a dialect of the stub.
import type { PlatformTraits } from '../core/traits.js';
import type { DeviceRecord } from '../core/types.js';
import type { Dialect, OpenDialect, StubServices } from '../dialect.js';
import { declarationAdminRoutes } from './administration.js';
import { watchIdentities } from './attempts.js';
import { builtIn, passcodeType } from './built-in.js';
import { type IosContext, type IosOptions, memoryOf } from './context.js';
import { createDeclarations, type DeclarationToSet } from './declarations.js';
import { createDocuments } from './documents.js';
import { profileSigner } from './enrollment-profile.js';
import { pushCertificateRoutes } from './push-certificate.js';
import { recognise } from './recognise.js';
import { iosRoutes } from './routes.js';
import { setDeclarations } from './synchronise.js';
import { expectToken, wake } from './wake.js';

/** `authority.ios`: what a library user may do with the running dialect. */
interface IosHandle {
  /** Replaces the declarations of declarative management and tells every enrolled iOS device. Throws REQUEST_INVALID. */
  setDeclarations(declarations: readonly DeclarationToSet[]): void;
  /** Keeps a document, a profile by default, for declarations to refer to, and answers its URL. Throws REQUEST_INVALID. */
  addDocument(content: Uint8Array, contentType?: string): string;
}

const traits: PlatformTraits = {
  needsPushCertificate: true,
  passcodeType,
  consents: { automated: 'appleAutomatedEnrollment' }, // A25
  watchesAttempts: true, // E01
  // Microsoft, "Create device platform restrictions": not for automated device enrollment, nor Apple Configurator.
  waysOfAnyVersion: ['automated', 'bulk'],
  minimumOs: '15.0', // E25: docs/enrollment.md
  minimumCompanyPortal: '5.2309.0',
};

export const ios: Dialect<IosOptions, IosHandle> = {
  name: 'ios',
  traits,
  graph: {
    operatingSystem: 'iOS',
    restriction: 'iosRestriction',
    enrollmentType: (way, hasUser) =>
      way !== 'automated' && way !== 'bulk' ? 'userEnrollment' : hasUser ? 'appleBulkWithUser' : 'appleBulkWithoutUser',
    compliance: { type: '#microsoft.graph.iosCompliancePolicy', pin: 'passcodeRequired', encryption: [] },
    columns: (device) => ({
      manufacturer: 'Apple',
      managedDeviceOwnerType: isOfCompany(device) ? 'company' : 'personal',
      deviceEnrollmentType: enrollmentTypeOf(device),
    }),
  },
  tables: ['ios-declarations', 'ios-status', 'ios-documents'],
  builtIn,
  async open(services, options) {
    return openIos(services, options);
  },
};

/** Bought and prepared by the organization: Setup Assistant enrolled it, or nobody did. */
const isOfCompany = ({ userId, enrollmentType = 'user' }: DeviceRecord): boolean =>
  userId === undefined || enrollmentType === 'automated' || enrollmentType === 'bulk';

/** Words of Graph's deviceEnrollmentType. */
function enrollmentTypeOf(device: DeviceRecord): string {
  if (device.userId === undefined) return 'appleBulkWithoutUser';
  return isOfCompany(device) ? 'appleBulkWithUser' : 'userEnrollment';
}

function openIos(services: StubServices, options: IosOptions): OpenDialect<IosHandle> {
  const { clock, random, tenant, ca, addresses, push, keep } = services;
  const context: IosContext = {
    ...services,
    declarations: createDeclarations(clock, { set: keep('ios-declarations'), reports: keep('ios-status') }),
    sessions: new Set(),
    settings: { keySizeBits: 2048, tokens: {}, ...options },
    sign: profileSigner(services),
  };
  const documents = createDocuments(random, keep('ios-documents'));
  watchIdentities(context);
  return {
    routes: [...iosRoutes(context), ...documents.routes],
    adminRoutes: [...pushCertificateRoutes(context), ...declarationAdminRoutes(context, documents)],
    handle: {
      setDeclarations: (declarations) => setDeclarations(context, declarations),
      addDocument: (content, contentType) => addresses.origin + documents.add(content, contentType),
    },
    recognise,
    resume(device) {
      expectToken(device, context);
      const { certificateExpiresAt } = memoryOf(device);
      // Records of before did not say it.
      if (device.certificateExpiresAt === undefined && certificateExpiresAt !== undefined)
        tenant.setCertificate(device.deviceId, certificateExpiresAt);
    },
    wake: (device) => wake(device, context),
    forget(device) {
      const { deviceId } = device;
      const { pushToken } = memoryOf(device);
      if (pushToken !== undefined) push.withdraw(pushToken);
      ca.issued.revokeDevice(deviceId); // but for a CheckOut
      context.declarations.forget(deviceId);
      context.sessions.delete(deviceId);
    },
    announce() {
      const upn = tenant.users()[0]?.upn ?? 'UPN';
      const user = encodeURIComponent(upn).replaceAll('%40', '@'); // readable, and still one parameter
      return [{ key: 'enroll', label: 'enroll an iOS device', url: `${addresses.origin}/enroll/ios?user=${user}` }];
    },
    async close() {},
  };
}
