// Commands and their answers as the person at the device may read them: names and identifiers, never what a command brought.
import { isRollcallError } from '../../../base/errors.js';
import { shownAddress } from '../../../base/shown-address.js';
import type { MdmCommand } from '../../../protocol/apple-mdm/command.js';
import { parsePlist } from '../../../protocol/plist/parse.js';
import { isDict, type PlistDict, type PlistValue, profileLimits } from '../../../protocol/plist/value.js';
import { readSignedData } from '../../../protocol/x509/cms.js';
import type { FailureLink, ToldCommand } from '../../model/happening.js';
import type { Answer } from './answer.js';

export { troubleOf } from '../trouble.js';

const statusOf = {
  Acknowledged: 'done',
  Error: 'failed',
  CommandFormatError: 'failed',
  NotNow: 'later',
} as const satisfies Record<Answer['status'], ToldCommand['status']>;

/** What a command says that it is about. */
type About = (body: PlistDict) => string | undefined;

const textAt =
  (...keys: readonly string[]): About =>
  (body) =>
    keys.map((key) => body[key]).find((value) => typeof value === 'string' && value !== '') as string | undefined;

const abouts: Readonly<Record<string, About>> = {
  RemoveProfile: textAt('Identifier'),
  RemoveProvisioningProfile: textAt('UUID'),
  InstallApplication: (body) => textAt('Identifier')(body) ?? storeOf(body) ?? addressOf(body['ManifestURL']),
  RemoveApplication: textAt('Identifier'),
  InstallMedia: (body) => textAt('PersistentID')(body) ?? storeOf(body),
  RemoveMedia: (body) => textAt('PersistentID')(body) ?? storeOf(body),
  Settings: ({ Settings }) => listed(Settings, ['Item']),
  ScheduleOSUpdate: ({ Updates }) => listed(Updates, ['ProductKey', 'ProductVersion']),
  ManagedApplicationConfiguration: ({ Identifiers }) => names(Identifiers),
  ManagedApplicationAttributes: ({ Identifiers }) => names(Identifiers),
  ManagedApplicationFeedback: ({ Identifiers }) => names(Identifiers),
};

/** A command and its answer as the person at the device may read it. `command` is absent where it could not be read. */
export function toldOf(id: string, command: MdmCommand | undefined, answer: Answer): ToldCommand {
  const { status, chain, reason, data } = answer;
  const about = answer.about ?? (command === undefined ? undefined : aboutOf(command, status));
  const error = chain?.map(linkOf) ?? (data === undefined ? [] : partsThatFailed(data));
  return {
    type: 'command',
    name: command?.RequestType ?? 'unreadable command',
    ...(about === undefined ? {} : { about }),
    id,
    status: statusOf[status],
    said: status,
    ...(reason === undefined ? {} : { reason }),
    ...(error.length === 0 ? {} : { error }),
  };
}

const longestAbout = 200;

function aboutOf({ RequestType, body }: MdmCommand, status: Answer['status']): string | undefined {
  if (RequestType === 'InstallProfile' && status !== 'Acknowledged') return documentOf(body['Payload']); // nobody has read it
  const about = Object.hasOwn(abouts, RequestType) ? abouts[RequestType]?.(body) : undefined;
  return about === undefined || about === '' ? undefined : about.slice(0, longestAbout);
}

/** The name by which a profile calls itself, whether or not it is one that the device takes. */
function documentOf(bytes: PlistValue | undefined): string | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined;
  try {
    const content = bytes[0] === 0x30 ? (readSignedData(bytes).content ?? bytes) : bytes; // DER: a CMS message around it
    const document = parsePlist(content, profileLimits);
    return isDict(document) ? textAt('PayloadIdentifier')(document) : undefined;
  } catch (error) {
    if (isRollcallError(error)) return undefined; // what is wrong with it, the answer says
    throw error;
  }
}

const storeOf = ({ iTunesStoreID: id }: PlistDict): string | undefined =>
  typeof id === 'number' || typeof id === 'bigint' ? String(id) : undefined;

const addressOf = (value: PlistValue | undefined): string | undefined =>
  typeof value === 'string' ? shownAddress(value) : undefined;

function listed(value: PlistValue | undefined, keys: readonly string[]): string | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((item) => (isDict(item) ? [textAt(...keys)(item) ?? '?'] : [])).join(', ');
}

const names = (value: PlistValue | undefined): string | undefined =>
  Array.isArray(value) ? value.filter((name) => typeof name === 'string').join(', ') : undefined;

type Link = NonNullable<Answer['chain']>[number];

const linkOf = ({ ErrorDomain, ErrorCode, LocalizedDescription }: Link): FailureLink => ({
  domain: ErrorDomain,
  code: ErrorCode,
  message: LocalizedDescription,
});

/** What an acknowledged command says of its items that failed: Settings and ScheduleOSUpdate answer one by one. */
function partsThatFailed({ Settings, UpdateResults }: PlistDict): FailureLink[] {
  const items = [Settings, UpdateResults].flatMap((list) => (Array.isArray(list) ? list : []));
  return items.flatMap((item) => {
    if (!isDict(item) || !Array.isArray(item['ErrorChain'])) return [];
    const name = textAt('Item', 'ProductKey')(item) ?? '?';
    return item['ErrorChain'].flatMap((each) => {
      if (!isDict(each)) return [];
      const { ErrorDomain: domain, ErrorCode: code, LocalizedDescription: message } = each;
      return typeof domain === 'string' && typeof code === 'number' && typeof message === 'string'
        ? [{ domain, code, message: `${name}: ${message}` }]
        : [];
    });
  });
}
