// What a request is of, for the faults of the wire.
import { isRollcallError } from '../../base/errors.js';
import { readInfo } from '../../protocol/headwind/info.js';
import type { About, Operation } from '../faults/faults.js';
import type { StubRequest } from '../http-types.js';
import { type AndroidContext, paths } from './context.js';
import { lookUp } from './look-up.js';

/** A number under which nobody is known yet is that of the device that may come to be. No message says that a device leaves. */
export function recognise(request: StubRequest, context: Pick<AndroidContext, 'numbers' | 'settings'>): About {
  const path = request.path.slice(context.settings.contextPath.length);
  const number = request.params['number'] ?? (path === paths.info ? numberIn(request) : undefined);
  const found = number === undefined ? undefined : lookUp(number, context);
  const deviceId = found === undefined || found === 'several' ? number : found.device.deviceId;
  return { deviceId, operation: operationOf(path, request.method) };
}

const starts = (template: string) => template.split('/:')[0] ?? template;

function operationOf(path: string, method: string): Operation {
  if (path.startsWith(paths.files)) return 'file';
  if (path.startsWith(starts(paths.qr))) return 'enroll';
  if (path.startsWith(starts(paths.polling)) || path.startsWith(starts(paths.legacyPolling))) return 'poll';
  return method === 'POST' && path.startsWith(starts(paths.configuration)) ? 'enroll' : 'session';
}

function numberIn({ body }: StubRequest): string | undefined {
  try {
    return readInfo(body).deviceId;
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return undefined;
  }
}
