import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { hresultHex, hresultText } from './hresult.js';

/**
 * PROVISIONING_REFUSED with details `hresult`, as the person is told it, and `inner`: the code of Windows' event log where
 * that is another.
 */
export function refusal(code: number, why: string, inner?: number): RollcallError {
  return protocolError(
    'PROVISIONING_REFUSED',
    `${hresultText(code)}: ${why}${inner === undefined ? '' : ` (${hresultText(inner)})`}`,
    {
      details: { hresult: hresultHex(code), ...(inner !== undefined && { inner: hresultHex(inner) }) },
    },
  );
}
