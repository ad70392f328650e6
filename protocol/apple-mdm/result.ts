// What a device sends to the server URL: Idle to open a session, then one result per command (specs/apple.md §1.6).
import { protocolError } from '../errors.js';
import { buildPlist } from '../plist/build.js';
import { parsePlistDict } from '../plist/parse.js';
import { dict, isDict, messageLimits, type PlistDict, type PlistLimits } from '../plist/value.js';
import type { ChainLink, ErrorChain } from './error-chain.js';
import { enrollmentIds, MessageFields, type UserIds, userIds } from './fields.js';
import { messageOf, textEntry } from './message-xml.js';

const resultStatuses = ['Idle', 'Acknowledged', 'Error', 'CommandFormatError', 'NotNow'] as const;
type ResultStatus = (typeof resultStatuses)[number];

export interface MdmResult {
  /** One of the two: UDID, or EnrollmentID in User Enrollment. */
  readonly udid?: string | undefined;
  readonly enrollmentId?: string | undefined;
  /** Absent with Idle only. */
  readonly commandUuid?: string | undefined;
  readonly status: ResultStatus;
  readonly errorChain?: ErrorChain | undefined;
  /** The command's own answer: the keys that stand beside Status. */
  readonly data?: PlistDict | undefined;
  /** Echoed by macOS; iOS leaves it out. */
  readonly requestType?: string | undefined;
  /** Set when a user's channel speaks. */
  readonly user?: UserIds | undefined;
}

const ownKeys = ['UDID', 'EnrollmentID', 'CommandUUID', 'Status', 'ErrorChain', 'RequestType'];

/** Writes a result. Throws MDM_MALFORMED when `data` holds a key that is the envelope's own, or when the identifiers do not fit. */
export function encodeResult(result: MdmResult): Buffer {
  if ((result.udid === undefined) === (result.enrollmentId === undefined)) {
    throw unfit('UDID', 'exactly one of udid and enrollmentId is needed');
  }
  if (result.status !== 'Idle' && result.commandUuid === undefined) throw unfit('CommandUUID', 'is missing');
  const isBare = result.data === undefined && result.errorChain === undefined && result.user === undefined;
  if (isBare) {
    return messageOf(
      textEntry('CommandUUID', result.commandUuid) +
        textEntry('EnrollmentID', result.enrollmentId) +
        textEntry('RequestType', result.requestType) +
        textEntry('Status', result.status) +
        textEntry('UDID', result.udid),
    );
  }
  for (const key of ownKeys) if (result.data?.[key] !== undefined) throw unfit(key, 'is not for data to set');
  return buildPlist(
    dict({
      ...result.data,
      ...result.user,
      CommandUUID: result.commandUuid,
      EnrollmentID: result.enrollmentId,
      ErrorChain: result.errorChain?.map(linkDict),
      RequestType: result.requestType,
      Status: result.status,
      UDID: result.udid,
    }),
  );
}

function linkDict(link: ChainLink): PlistDict {
  return dict({
    ErrorCode: link.ErrorCode,
    ErrorDomain: link.ErrorDomain,
    LocalizedDescription: link.LocalizedDescription,
    USEnglishDescription: link.USEnglishDescription,
  });
}

/**
 * Reads a result or an Idle. Throws PLIST_MALFORMED or PLIST_LIMIT; MDM_MALFORMED with `details.at` for a missing or wrong
 * field and an unknown Status. Pass larger limits where results with certificates and long lists are awaited.
 */
export function decodeResult(bytes: Uint8Array, limits: PlistLimits = messageLimits): MdmResult {
  const fields = new MessageFields(parsePlistDict(bytes, limits), 'result');
  const ids = enrollmentIds(fields);
  const status = resultStatuses.find((known) => known === fields.string('Status'));
  if (status === undefined) throw fields.wrong('Status', 'is not a known status');
  const user = userIds(fields);
  return {
    udid: ids.UDID,
    enrollmentId: ids.EnrollmentID,
    commandUuid: status === 'Idle' ? fields.optionalIdentifier('CommandUUID') : fields.identifier('CommandUUID'),
    status,
    errorChain: readChain(fields),
    requestType: fields.optionalString('RequestType'),
    user: Object.keys(user).length === 0 ? undefined : user,
    data: fields.rest(),
  };
}

/** The ErrorChain of one item of a result, such as a setting. Empty without one. Throws MDM_MALFORMED. */
export const itemErrorChain = (item: PlistDict): ErrorChain => readChain(new MessageFields(item, 'result item')) ?? [];

function readChain(fields: MessageFields): ErrorChain | undefined {
  return fields.optionalArray('ErrorChain')?.map((entry, index) => {
    if (!isDict(entry)) throw fields.wrong(`ErrorChain/${index}`, 'is not a dictionary');
    const link = new MessageFields(entry, `result/ErrorChain/${index}`);
    const english = link.optionalString('USEnglishDescription');
    return {
      ErrorCode: link.integer('ErrorCode'),
      ErrorDomain: link.string('ErrorDomain'),
      LocalizedDescription: link.string('LocalizedDescription'),
      ...(english === undefined ? {} : { USEnglishDescription: english }),
    };
  });
}

function unfit(key: string, why: string) {
  return protocolError('MDM_MALFORMED', `result: ${key} ${why}`, { details: { at: `result/${key}` } });
}
