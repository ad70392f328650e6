// Judges plists and JSON by Apple's own schema (../shared/schema/apple). Each judge answers a list of problems; none is [].
import { parse } from 'yaml';
import {
  type Dict,
  isMap,
  type Judging,
  judgeKeys,
  judgeValue,
  type SchemaFile,
  type SchemaKey,
  type Situation,
  whyNot,
} from './apple-schema-keys.js';
import { schemaNames, schemaText } from './shared.js';

const files = new Map<string, SchemaFile>();

/** One file of the schema, parsed once: `schemaFile('mdm/checkin/authenticate.yaml')`. */
export function schemaFile(name: string): SchemaFile {
  let file = files.get(name);
  if (file === undefined) {
    file = parse(schemaText(name)) as SchemaFile;
    files.set(name, file);
  }
  return file;
}

const indexes = new Map<string, Map<string, string[]>>();
const nameOf =
  /^ {2}(?:requesttype|payloadtype|declarationtype|statusitemtype|credentialtype): *['"]?([^'"\n]+?)['"]? *$/m;

/** The files below a folder that describe `type`, without parsing the others. */
export function schemaFiles(folder: string, type: string): SchemaFile[] {
  return (indexOf(folder).get(type) ?? []).map(schemaFile);
}

/** Every type that a folder describes. */
export const schemaTypes = (folder: string): string[] => [...indexOf(folder).keys()];

function indexOf(folder: string): Map<string, string[]> {
  let index = indexes.get(folder);
  if (index === undefined) {
    index = new Map();
    for (const name of schemaNames(folder)) {
      if (!name.endsWith('.yaml')) continue;
      const type = nameOf.exec(schemaText(`${folder}/${name}`))?.[1];
      if (type !== undefined) index.set(type, [...(index.get(type) ?? []), `${folder}/${name}`]);
    }
    indexes.set(folder, index);
  }
  return index;
}

export function judgeCheckin(messageType: string, message: object, situation: Situation = {}): string[] {
  const [file] = schemaFiles('mdm/checkin', messageType);
  if (file === undefined) return [`${messageType} is no check-in message of the schema`];
  return [
    ...ifUnknownToIos(messageType, file),
    ...judgeKeys(identified(file.payloadkeys ?? []), { ...message }, messageType, judging('plist', situation)),
  ];
}

// getbootstraptoken.yaml and setbootstraptoken.yaml leave the identifiers out; all messages have them.
const identifiers: SchemaKey[] = [
  {
    key: 'UDID',
    type: '<string>',
    presence: 'required',
    supportedOS: { iOS: { userenrollment: { mode: 'forbidden' } } },
  },
  { key: 'EnrollmentID', type: '<string>', supportedOS: { iOS: { userenrollment: { mode: 'required' } } } },
];

/** Two things the schema says in words only: UDID is required of a device, EnrollmentID of User Enrollment, neither of the other. */
function identified(keys: readonly SchemaKey[]): SchemaKey[] {
  return [...keys.filter((key) => !identifiers.some((own) => own.key === key.key)), ...identifiers];
}

/** A command's dictionary, the RequestType in it. */
export function judgeCommand(requestType: string, command: object, situation: Situation = {}): string[] {
  const [file] = schemaFiles('mdm/commands', requestType);
  if (file === undefined) return [`${requestType} is no command of the schema`];
  const { RequestType, RequestRequiresNetworkTether, ...body }: Dict = { ...command };
  const problems = ifUnknownToIos(requestType, file);
  if (RequestType !== requestType) problems.push(`${requestType}/RequestType: is ${String(RequestType)}`);
  if (!['boolean', 'undefined'].includes(typeof RequestRequiresNetworkTether)) {
    problems.push(`${requestType}/RequestRequiresNetworkTether: not <boolean>`);
  }
  return [...problems, ...judgeKeys(file.payloadkeys ?? [], body, requestType, judging('plist', situation))];
}

const envelope: SchemaKey[] = [
  ...identifiers,
  { key: 'CommandUUID', type: '<string>', presence: 'required' },
  {
    key: 'Status',
    type: '<string>',
    presence: 'required',
    rangelist: ['Acknowledged', 'Error', 'CommandFormatError', 'NotNow'],
  },
  {
    key: 'ErrorChain',
    type: '<array>',
    subkeys: [
      {
        key: 'ErrorChainItem',
        type: '<dictionary>',
        subkeys: [
          { key: 'ErrorCode', type: '<integer>', presence: 'required' },
          { key: 'ErrorDomain', type: '<string>', presence: 'required' },
          { key: 'LocalizedDescription', type: '<string>', presence: 'required' },
          { key: 'USEnglishDescription', type: '<string>' },
        ],
      },
    ],
  },
];
const envelopeKeys = envelope.map((key) => key.key);

/** A whole result (with Status), or only its data. An Error, NotNow or CommandFormatError owes no response keys. */
export function judgeResult(requestType: string, result: object, situation: Situation = {}): string[] {
  const [file] = schemaFiles('mdm/commands', requestType);
  if (file === undefined) return [`${requestType} is no command of the schema`];
  const problems = ifUnknownToIos(requestType, file);
  const data: Record<string, unknown> = { ...result };
  const outer: Record<string, unknown> = {};
  for (const key of envelopeKeys) {
    if (data[key] !== undefined) outer[key] = data[key];
    delete data[key];
  }
  const how = judging('plist', situation);
  const isWhole = Object.keys(outer).length > 0;
  if (isWhole) problems.push(...judgeKeys(envelope, outer, requestType, how));
  const isComplete = !isWhole || outer['Status'] === 'Acknowledged';
  problems.push(...judgeKeys(responseKeys(requestType, file), data, requestType, { ...how, isComplete }));
  if (requestType === 'DeviceInformation') problems.push(...judgeQueries(data['QueryResponses'], how));
  return problems;
}

/** settings.yaml calls the result's Settings a dictionary; devices send an array of it, one per item, named by Item. */
function responseKeys(requestType: string, file: SchemaFile): SchemaKey[] {
  const keys = file.responsekeys ?? [];
  if (requestType !== 'Settings') return keys;
  const item: SchemaKey = { key: 'Item', type: '<string>', presence: 'required' };
  return keys.map((key) => ({
    ...key,
    type: '<array>',
    subkeys: [{ key: 'SettingsItem', type: '<dictionary>', subkeys: [item, ...(key.subkeys ?? [])] }],
  }));
}

/** The query's own row says more of platform and enrollment than the response's. */
function judgeQueries(responses: unknown, how: Judging): string[] {
  const queries = deviceInformationQueries();
  return Object.keys(isMap(responses) ? responses : {}).flatMap((name) => {
    const query = queries.find((key) => key.key === name);
    const why = query === undefined ? undefined : whyNot(query, how);
    return why === undefined ? [] : [`DeviceInformation/QueryResponses/${name}: ${why}`];
  });
}

/** The rows of DeviceInformation's queries. */
export function deviceInformationQueries(): SchemaKey[] {
  const [file] = schemaFiles('mdm/commands', 'DeviceInformation');
  return file?.payloadkeys?.find((key) => key.key === 'Queries')?.subkeys?.[0]?.subkeys ?? [];
}

/** A payload of a profile, or with `Configuration` the profile itself. */
export function judgeProfilePayload(payloadType: string, payload: object, situation: Situation = {}): string[] {
  const described =
    payloadType === 'Configuration'
      ? [schemaFile('mdm/profiles/TopLevel.yaml')]
      : schemaFiles('mdm/profiles', payloadType).slice(0, 1);
  const [file] = described;
  if (file === undefined) return [`${payloadType} is no payload of the schema`];
  const own = file.payloadkeys ?? [];
  const common = (schemaFile('mdm/profiles/CommonPayloadKeys.yaml').payloadkeys ?? []).filter(
    (key) => !own.some((other) => other.key === key.key),
  );
  return [
    ...ifUnknownToIos(payloadType, file),
    ...judgeKeys([...common, ...own], { ...payload }, payloadType, judging('plist', situation)),
  ];
}

const declarationFolders = ['activations', 'configurations', 'assets', 'management'].map(
  (kind) => `declarative/declarations/${kind}`,
);

/** The Payload of a declaration of this Type. */
export function judgeDeclaration(type: string, payload: object, situation: Situation = {}): string[] {
  const [file] = declarationFolders.flatMap((folder) => schemaFiles(folder, type));
  if (file === undefined) return [`${type} is no declaration of the schema`];
  return [
    ...ifUnknownToIos(type, file),
    ...judgeKeys(file.payloadkeys ?? [], { ...payload }, type, judging('json', situation)),
  ];
}

/** A TokensResponse, DeclarationItemsResponse or StatusReport; `Declaration` judges the four keys that all have. */
export function judgeDdm(
  type: 'TokensResponse' | 'DeclarationItemsResponse' | 'StatusReport' | 'Declaration',
  message: object,
) {
  const file =
    type === 'Declaration'
      ? schemaFile('declarative/declarations/declarationbase.yaml')
      : schemaFile(`declarative/protocol/${type.toLowerCase()}.yaml`);
  return judgeKeys(file.payloadkeys ?? [], { ...message }, type, judging('json', {}));
}

/** The value of one status item, by its dotted name. */
export function judgeStatusItem(name: string, value: unknown, situation: Situation = {}): string[] {
  const [file] = schemaFiles('declarative/status', name);
  const key = file?.payloadkeys?.find((own) => own.key === name);
  if (file === undefined || key === undefined) return [`${name} is no status item of the schema`];
  return [...ifUnknownToIos(name, file), ...judgeValue(key, value, name, judging('json', situation))];
}

/** The body of a 403, JSON or plist. */
export function judgeErrorResponse(code: string, body: object): string[] {
  const file = schemaFile(`mdm/errors/${code.replace(/^com\.apple\./, '')}.yaml`);
  return judgeKeys(file.payloadkeys ?? [], { ...body }, code, judging('json', {}));
}

const rightBits: Record<string, number> = {
  AllowInspection: 1,
  AllowInstallationRemoval: 2,
  AllowPasscodeRemovalAndLock: 4,
  AllowDeviceErase: 8,
  AllowQueryDeviceInformation: 16,
  AllowQueryNetworkInformation: 32,
  AllowProvisioningInspection: 64,
  AllowProvisioningInstallationRemoval: 128,
  AllowQueryApplications: 256,
  AllowQueryRestrictions: 512,
  AllowQuerySecurity: 1024,
  AllowSettings: 2048,
  AllowAppInstallation: 4096,
};

/** The bit of AccessRights that a word of the schema stands for; 0 for None, n/a and DeviceInformation's "Special Case". */
export const rightBit = (word: string | undefined): number => (word === undefined ? 0 : (rightBits[word] ?? 0));

/** The AccessRights that iOS asks for before it answers this command; 0 when none. */
export function accessRightOf(requestType: string): number {
  const [file] = schemaFiles('mdm/commands', requestType);
  if (file === undefined) throw new Error(`${requestType} is no command of the schema`);
  return rightBit(file.payload.supportedOS?.['iOS']?.accessrights);
}

/** True when iOS has it at all. */
export const isOnIos = (file: SchemaFile): boolean =>
  file.payload.supportedOS?.['iOS'] !== undefined && file.payload.supportedOS['iOS'].introduced !== 'n/a';

const ifUnknownToIos = (type: string, file: SchemaFile): string[] => (isOnIos(file) ? [] : [`${type}: not on iOS`]);

const judging = (form: Judging['form'], situation: Situation): Judging => ({ ...situation, form, isComplete: true });
