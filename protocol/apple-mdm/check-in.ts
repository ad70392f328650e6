// Apple MDM check-in messages (specs/apple.md §1.5, Apple's schema mdm/checkin). Field names are the wire's.
import { protocolError } from '../errors.js';
import { buildPlist } from '../plist/build.js';
import { parsePlistDict } from '../plist/parse.js';
import { dict, messageLimits, type PlistDict } from '../plist/value.js';
import { type EnrollmentIds, enrollmentIds, MessageFields, type UserIds, userIds } from './fields.js';
import { booleanEntry, dataEntry, messageOf, textEntry } from './message-xml.js';

/** Keys that a message carried beyond those named here; written back as they came. */
interface WithRest {
  readonly rest?: PlistDict | undefined;
}

/** Starts a new enrollment: the server forgets what it queued for this identifier. */
export interface Authenticate extends EnrollmentIds, WithRest {
  readonly MessageType: 'Authenticate';
  readonly Topic: string;
  readonly OSVersion?: string | undefined;
  readonly BuildVersion?: string | undefined;
  readonly ProductName?: string | undefined;
  readonly SerialNumber?: string | undefined;
  readonly IMEI?: string | undefined;
  readonly MEID?: string | undefined;
  /** macOS only, like the two that follow. */
  readonly DeviceName?: string | undefined;
  readonly ModelName?: string | undefined;
  readonly Model?: string | undefined;
}

/** The first one completes an enrollment; later ones follow a change of token or magic. */
export interface TokenUpdate extends EnrollmentIds, UserIds, WithRest {
  readonly MessageType: 'TokenUpdate';
  readonly Topic: string;
  /** The APNs device token: 32 bytes on today's devices. */
  readonly Token: Uint8Array;
  readonly PushMagic: string;
  readonly UnlockToken?: Uint8Array | undefined;
  readonly AwaitingConfiguration?: boolean | undefined;
  readonly NotOnConsole?: boolean | undefined;
}

export interface CheckOut extends EnrollmentIds, WithRest {
  readonly MessageType: 'CheckOut';
  readonly Topic: string;
}

/** The device asks for a token of a service (iOS 17); the answer is `encodeTokenReply`. */
export interface GetToken extends EnrollmentIds, UserIds, WithRest {
  readonly MessageType: 'GetToken';
  /** `com.apple.maid` or `com.apple.watch.pairing` today. */
  readonly TokenServiceType: string;
  readonly TokenParameters?: PlistDict | undefined;
}

/** Carries one step of declarative management; Endpoint is read by `parseEndpoint` of ddm.ts, Data is JSON. */
export interface DeclarativeManagement extends EnrollmentIds, UserIds, WithRest {
  readonly MessageType: 'DeclarativeManagement';
  readonly Endpoint: string;
  readonly Data?: Uint8Array | undefined;
}

/** macOS only; decoded so that a server can refuse it by name. An absent or empty BootstrapToken deletes. */
export interface SetBootstrapToken extends EnrollmentIds, WithRest {
  readonly MessageType: 'SetBootstrapToken';
  readonly BootstrapToken?: Uint8Array | undefined;
  readonly AwaitingConfiguration?: boolean | undefined;
}

/** macOS only. */
export interface GetBootstrapToken extends EnrollmentIds, WithRest {
  readonly MessageType: 'GetBootstrapToken';
  readonly AwaitingConfiguration?: boolean | undefined;
}

/** macOS only; a server that manages no such user answers 410. */
export interface UserAuthenticate extends EnrollmentIds, UserIds, WithRest {
  readonly MessageType: 'UserAuthenticate';
  readonly UserID: string;
  readonly DigestResponse?: string | undefined;
}

export type CheckinMessage =
  | Authenticate
  | TokenUpdate
  | CheckOut
  | GetToken
  | DeclarativeManagement
  | SetBootstrapToken
  | GetBootstrapToken
  | UserAuthenticate;
type CheckinMessageType = CheckinMessage['MessageType'];

const readers: { readonly [T in CheckinMessageType]: (fields: MessageFields) => CheckinMessage } = {
  Authenticate: (fields) => ({
    MessageType: 'Authenticate',
    ...enrollmentIds(fields),
    Topic: fields.identifier('Topic'),
    OSVersion: fields.optionalString('OSVersion'),
    BuildVersion: fields.optionalString('BuildVersion'),
    ProductName: fields.optionalString('ProductName'),
    SerialNumber: fields.optionalString('SerialNumber'),
    IMEI: fields.optionalString('IMEI'),
    MEID: fields.optionalString('MEID'),
    DeviceName: fields.optionalString('DeviceName'),
    ModelName: fields.optionalString('ModelName'),
    Model: fields.optionalString('Model'),
  }),
  TokenUpdate: (fields) => ({
    MessageType: 'TokenUpdate',
    ...enrollmentIds(fields),
    ...userIds(fields),
    Topic: fields.identifier('Topic'),
    Token: pushToken(fields),
    PushMagic: fields.identifier('PushMagic'),
    UnlockToken: fields.optionalData('UnlockToken'),
    AwaitingConfiguration: fields.optionalBoolean('AwaitingConfiguration'),
    NotOnConsole: fields.optionalBoolean('NotOnConsole'),
  }),
  CheckOut: (fields) => ({ MessageType: 'CheckOut', ...enrollmentIds(fields), Topic: fields.identifier('Topic') }),
  GetToken: (fields) => ({
    MessageType: 'GetToken',
    ...enrollmentIds(fields),
    ...userIds(fields),
    TokenServiceType: fields.identifier('TokenServiceType'),
    TokenParameters: fields.optionalDict('TokenParameters'),
  }),
  DeclarativeManagement: (fields) => ({
    MessageType: 'DeclarativeManagement',
    ...enrollmentIds(fields),
    ...userIds(fields),
    Endpoint: fields.identifier('Endpoint'),
    Data: fields.optionalData('Data'),
  }),
  SetBootstrapToken: (fields) => ({
    MessageType: 'SetBootstrapToken',
    ...enrollmentIds(fields),
    BootstrapToken: fields.optionalData('BootstrapToken'),
    AwaitingConfiguration: fields.optionalBoolean('AwaitingConfiguration'),
  }),
  GetBootstrapToken: (fields) => ({
    MessageType: 'GetBootstrapToken',
    ...enrollmentIds(fields),
    AwaitingConfiguration: fields.optionalBoolean('AwaitingConfiguration'),
  }),
  UserAuthenticate: (fields) => ({
    MessageType: 'UserAuthenticate',
    ...enrollmentIds(fields),
    ...userIds(fields),
    UserID: fields.identifier('UserID'),
    DigestResponse: fields.optionalString('DigestResponse'),
  }),
};

function pushToken(fields: MessageFields): Uint8Array {
  const token = fields.data('Token');
  if (token.length === 0 || token.length > 1024) throw fields.wrong('Token', `has ${token.length} bytes`);
  return token;
}

const isCheckinType = (text: string): text is CheckinMessageType => Object.hasOwn(readers, text);

/**
 * Reads a check-in message: first its MessageType, then the fields of that type. Throws PLIST_MALFORMED or PLIST_LIMIT
 * for the property list; MDM_MALFORMED with `details.messageType` for an unknown type, with `details.at` for a field
 * that is missing or of the wrong type.
 */
export function decodeCheckin(bytes: Uint8Array): CheckinMessage {
  const from = parsePlistDict(bytes, messageLimits);
  const type = new MessageFields(from, 'check-in').identifier('MessageType');
  if (!isCheckinType(type)) {
    throw protocolError('MDM_MALFORMED', `check-in: MessageType "${type}" is not known`, {
      details: { messageType: type, at: 'check-in/MessageType' },
    });
  }
  const fields = new MessageFields(from, type);
  fields.string('MessageType');
  const message = readers[type](fields);
  const rest = fields.rest();
  return rest === undefined ? message : { ...message, rest };
}

/**
 * Writes a check-in message as an XML property list. What `rest` holds never replaces a field of the message.
 * Throws MDM_MALFORMED unless exactly one of UDID and EnrollmentID is given.
 */
export function encodeCheckin(message: CheckinMessage): Buffer {
  if ((message.UDID === undefined) === (message.EnrollmentID === undefined)) {
    throw protocolError('MDM_MALFORMED', `${message.MessageType}: exactly one of UDID and EnrollmentID is needed`, {
      details: { at: `${message.MessageType}/UDID` },
    });
  }
  if (message.rest === undefined) {
    switch (message.MessageType) {
      case 'Authenticate':
        return encodeAuthenticate(message);
      case 'TokenUpdate':
        return encodeTokenUpdate(message);
      case 'DeclarativeManagement':
        return encodeDeclarativeManagement(message);
    }
  }
  const { rest, ...known } = message;
  return buildPlist(dict({ ...rest, ...known }));
}

function encodeAuthenticate(message: Authenticate): Buffer {
  return messageOf(
    textEntry('BuildVersion', message.BuildVersion) +
      textEntry('DeviceName', message.DeviceName) +
      textEntry('EnrollmentID', message.EnrollmentID) +
      textEntry('IMEI', message.IMEI) +
      textEntry('MEID', message.MEID) +
      textEntry('MessageType', message.MessageType) +
      textEntry('Model', message.Model) +
      textEntry('ModelName', message.ModelName) +
      textEntry('OSVersion', message.OSVersion) +
      textEntry('ProductName', message.ProductName) +
      textEntry('SerialNumber', message.SerialNumber) +
      textEntry('Topic', message.Topic) +
      textEntry('UDID', message.UDID),
  );
}

function encodeTokenUpdate(message: TokenUpdate): Buffer {
  return messageOf(
    booleanEntry('AwaitingConfiguration', message.AwaitingConfiguration) +
      textEntry('EnrollmentID', message.EnrollmentID) +
      textEntry('EnrollmentUserID', message.EnrollmentUserID) +
      textEntry('MessageType', message.MessageType) +
      booleanEntry('NotOnConsole', message.NotOnConsole) +
      textEntry('PushMagic', message.PushMagic) +
      dataEntry('Token', message.Token) +
      textEntry('Topic', message.Topic) +
      textEntry('UDID', message.UDID) +
      dataEntry('UnlockToken', message.UnlockToken) +
      userEntries(message),
  );
}

function encodeDeclarativeManagement(message: DeclarativeManagement): Buffer {
  return messageOf(
    dataEntry('Data', message.Data) +
      textEntry('Endpoint', message.Endpoint) +
      textEntry('EnrollmentID', message.EnrollmentID) +
      textEntry('EnrollmentUserID', message.EnrollmentUserID) +
      textEntry('MessageType', message.MessageType) +
      textEntry('UDID', message.UDID) +
      userEntries(message),
  );
}

function userEntries(message: UserIds): string {
  return (
    textEntry('UserID', message.UserID) +
    textEntry('UserLongName', message.UserLongName) +
    textEntry('UserShortName', message.UserShortName)
  );
}

/** The answer to GetToken. */
export function encodeTokenReply(tokenData: Uint8Array): Buffer {
  return messageOf(dataEntry('TokenData', tokenData));
}

/** Reads the answer to GetToken: its TokenData. Throws MDM_MALFORMED when there is none. */
export function decodeTokenReply(bytes: Uint8Array): Uint8Array {
  return new MessageFields(parsePlistDict(bytes, messageLimits), 'GetToken reply').data('TokenData');
}
