import { isRollcallError } from '../../../base/errors.js';
import { readJsonObject } from '../../../base/json.js';
import { refuseWith } from '../../../protocol/errors.js';

/**
 * What a refusal says, in one line for people: our own stub's code of docs/enrollment.md before its reason.
 *
 * @example
 * whyOf({ code: 'E17', failureReason: 'The user has 2 devices.' }); // 'E17: The user has 2 devices.'
 */
export function whyOf({ code = '', failureReason, message }: Readonly<Record<string, string>>): string {
  if (failureReason === undefined) return message ?? code;
  return /^E\d\d$/.test(code) ? `${code}: ${failureReason}` : failureReason;
}

const reasonKeys = ['code', 'failureCategory', 'failureReason', 'remedies', 'description', 'message'];

/** The reasons that a refusal's JSON body gives, ours or Apple's; undefined when it is no such document. */
export function readReasons(body: Uint8Array): Record<string, string> | undefined {
  try {
    const document = readJsonObject(body, 'refusal', refuseWith('MDM_MALFORMED'), {
      maxBytes: 64 * 1024,
      maxDepth: 16,
    });
    if (typeof document['code'] !== 'string') return undefined;
    return Object.fromEntries(
      reasonKeys.flatMap((key) => {
        const value = document[key];
        return typeof value === 'string' ? [[key, value.slice(0, 1000)]] : [];
      }),
    );
  } catch (error) {
    if (isRollcallError(error, 'MDM_MALFORMED')) return undefined;
    throw error;
  }
}
