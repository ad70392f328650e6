// Renewal of the device's certificate (ROBO; specs/windows.md §1.7): a PKCS#7 by the old certificate, or a bare PKCS#10 over a
// connection that shows it.
import { valueTypes } from '../../protocol/mde2/credentials.js';
import { readRenewal, readWindowsCsr, type WindowsCsr } from '../../protocol/mde2/csr.js';
import { encodeTokenResponse, type RstRequest } from '../../protocol/mde2/request-token.js';
import { stubError } from '../errors.js';
import type { StubAnswer, StubRequest } from '../http-types.js';
import { renewPeriodDays, type WindowsContext } from './context.js';
import { deviceOf, judgeCertificate, type Speaker } from './identity.js';
import { issue, requireUsableKey } from './issue.js';
import { memoryOf, remember } from './memory.js';
import { renewalDocument } from './provisioning.js';
import { refuseWith, soapAnswer } from './refusals.js';

const dayMs = 24 * 3_600_000;

/**
 * Certificates that one device was given and has not used: an answer that was lost makes it ask again. The certificate before is
 * good until one of them speaks (M1).
 */
const maxUnused = 8;

/**
 * Gives the device another certificate. Throws DEVICE_IDENTITY, DEVICE_UNKNOWN; MESSAGE_REFUSED before the window (NotEligibleToRenew)
 * and for a request that is signed by another than the one who shows itself.
 */
export function renew(asked: RstRequest, request: StubRequest, context: WindowsContext): StubAnswer {
  const { csr, speaker } = requester(asked, request, context);
  if (speaker.deviceId === undefined) throw stubError('DEVICE_IDENTITY', 'the certificate is of no device');
  const device = deviceOf(speaker, speaker.deviceId, context);
  requireUsableKey(csr.publicKey);
  const { tenant, clock } = context;
  const opensAt = speaker.expiresAt - renewPeriodDays(context) * dayMs;
  if (clock.now() < opensAt) {
    throw refuseWith(
      { subcode: 'Authorization', errorType: 'NotEligibleToRenew' },
      `the certificate is renewed from ${new Date(opensAt).toISOString()} on`,
    );
  }
  tenant.requireCheckIn(device.deviceId);
  const { certificate, serial } = issue(csr, device, context);
  const { renewals = [], enrollmentType = 'Full' } = memoryOf(device);
  remember(tenant, device.deviceId, { renewals: [...renewals, serial].slice(-maxUnused) });
  return soapAnswer(
    encodeTokenResponse(
      renewalDocument({ certificate, enrollmentType }, context),
      asked.messageId === undefined ? {} : { relatesTo: asked.messageId },
    ),
  );
}

interface Requester {
  readonly csr: WindowsCsr;
  /** Of whose certificate; the same one signed and is shown. */
  readonly speaker: Speaker;
}

function requester(asked: RstRequest, { clientCertificate }: StubRequest, context: WindowsContext): Requester {
  const shown = clientCertificate === undefined ? undefined : judgeCertificate(clientCertificate, context);
  if (asked.tokenValueType === valueTypes.pkcs10) {
    if (shown === undefined) {
      throw stubError('DEVICE_IDENTITY', 'a renewal by PKCS#10 needs the connection of the old certificate');
    }
    return { csr: readWindowsCsr(asked.token), speaker: shown };
  }
  if (!asked.tokenValueType.endsWith('#PKCS7')) {
    throw refuseWith({ subcode: 'MessageFormat' }, 'a renewal holds a PKCS#7 or a PKCS#10');
  }
  const { csr, signer } = readRenewal(asked.token);
  const speaker = judgeCertificate(signer, context);
  if (shown !== undefined && shown.deviceId !== speaker.deviceId) {
    throw stubError('DEVICE_IDENTITY', 'the request is signed by another device than the connection is of');
  }
  return { csr, speaker };
}
