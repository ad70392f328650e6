// Graph's resource for the push certificate of Apple's devices; it is no other platform's.
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { type AdminRoute, isoTime, ok, readBody } from '../admin/graph.js';
import { stubError } from '../errors.js';
import { type IosContext, topicOf } from './context.js';
import { countUnreached } from './wake.js';

const path = '/v1.0/deviceManagement/applePushNotificationCertificate';

const upload = z.looseObject({
  appleIdentifier: z.string().max(256).nullish(),
  topicIdentifier: z.string().min(1).max(256).nullish(),
  expirationDateTime: z.iso.datetime({ offset: true }).nullish(),
  /** PEM, or the base64 of the DER. */
  certificate: z
    .string()
    .max(64 * 1024)
    .nullish(),
});

/**
 * PATCH is the upload of a renewed one (A11). One of another topic is taken, as Apple's portal lets it be uploaded; it reaches no
 * device that is enrolled already: the answer says how many those are (`rollcall.unreached`), and warns (`rollcall.warning`).
 */
export function pushCertificateRoutes({ tenant, log }: Pick<IosContext, 'tenant' | 'log'>): AdminRoute[] {
  return [
    { method: 'GET', path, handle: () => ok(toRow(tenant)) },
    {
      method: 'PATCH',
      path,
      handle(request, by) {
        const { certificate, topicIdentifier, expirationDateTime } = readBody(upload, request);
        const read = certificate ? readCertificate(certificate) : {};
        const topic = topicIdentifier ?? read.topic;
        const expiresAt = expirationDateTime ? Date.parse(expirationDateTime) : read.expiresAt;
        tenant.renewPushCertificate(by, {
          ...(topic === undefined ? {} : { topic }),
          ...(expiresAt === undefined ? {} : { expiresAt }),
        });
        const row = toRow(tenant);
        const { unreached } = row.rollcall;
        if (unreached > 0) log.warn('PUSH_TOPIC_CHANGED', { by, topic: topicOf(tenant), unreached, hint: mustEnroll });
        return ok(row);
      },
    },
  ];
}

const mustEnroll =
  'Devices listen under the topic that they enrolled with: upload a certificate of that one, or they must enroll again to be woken.';

function toRow(tenant: IosContext['tenant']) {
  const certificate = tenant.pushCertificate();
  if (certificate === undefined) throw stubError('NOT_FOUND', 'No push certificate has been uploaded');
  const unreached = countUnreached(tenant);
  return {
    '@odata.type': '#microsoft.graph.applePushNotificationCertificate',
    id: tenant.id,
    topicIdentifier: certificate.topic ?? '',
    expirationDateTime: isoTime(certificate.expiresAt),
    rollcall: { authority: certificate.authority, unreached, ...(unreached > 0 && { warning: mustEnroll }) },
  };
}

/** Apple puts the topic into the subject's user id. */
function readCertificate(text: string): { topic?: string; expiresAt?: number } {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64'));
  } catch (cause) {
    throw stubError('REQUEST_INVALID', 'The certificate is neither PEM nor base64 of DER', { cause });
  }
  const [, topic] = /^UID=(.+)$/m.exec(certificate.subject) ?? [];
  return { ...(topic === undefined ? {} : { topic }), expiresAt: Date.parse(certificate.validTo) };
}
