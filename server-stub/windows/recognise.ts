// What a request is of, for the faults of the wire.
import { isRollcallError } from '../../base/errors.js';
import type { About } from '../faults/faults.js';
import type { StubRequest } from '../http-types.js';
import { paths, type WindowsContext } from './context.js';
import { judgeCertificate, knownAs } from './identity.js';
import { readMessage } from './management.js';
import { hasLeft } from './package-one.js';

/** Of a renewal the one who shows the certificate; a message that cannot be read is of nobody. */
export function recognise(request: StubRequest, context: WindowsContext): About {
  const { path, body, clientCertificate } = request;
  try {
    if (path === paths.management) {
      const message = readMessage(request, context);
      return { deviceId: knownAs(message.header.source), operation: hasLeft(message) ? 'checkOut' : 'session' };
    }
    if (path !== paths.enrollment || !isRenewal.test(body.toString('latin1'))) return { operation: 'enroll' };
    const speaker = clientCertificate === undefined ? undefined : judgeCertificate(clientCertificate, context);
    return { deviceId: speaker?.deviceId, operation: 'renew' };
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return { operation: path === paths.management ? 'session' : 'renew' };
  }
}

/** The RequestType of a request for a security token (specs/windows.md §1.7). */
const isRenewal = /\/Renew\s*<\//;
