import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RollcallError } from '../../base/errors.js';
import { encodeWake, readApnsRefusal, readWake } from '../../protocol/apple-mdm/apns.js';
import { decodeCheckin, decodeTokenReply, encodeCheckin, encodeTokenReply } from '../../protocol/apple-mdm/check-in.js';
import { decodeCommand, encodeCommand } from '../../protocol/apple-mdm/command.js';
import {
  buildEndpoint,
  encodeDdm,
  parseEndpoint,
  readDeclaration,
  readDeclarationItems,
  readTokens,
} from '../../protocol/apple-mdm/ddm.js';
import {
  encodeStatusReport,
  nest,
  readDeclarationStatuses,
  readStatusReport,
  writeDeclarationStatuses,
} from '../../protocol/apple-mdm/ddm-status.js';
import { readErrorResponse, writeErrorResponse } from '../../protocol/apple-mdm/http-errors.js';
import { decodeResult, encodeResult } from '../../protocol/apple-mdm/result.js';
import { buildPlist } from '../../protocol/plist/build.js';
import { buildBinaryPlist } from '../../protocol/plist/build-binary.js';
import { parsePlistDict } from '../../protocol/plist/parse.js';
import { dict, isDict, type PlistDict, type PlistValue } from '../../protocol/plist/value.js';
import { plistValue } from '../protocol/plist/arbitrary.js';
import { computedMs } from '../support/computed.js';
import { describeWithFixtures, fixture, fixtureNames } from '../support/shared.js';
import { cutsOf, inputsPerCodec, keepsLittle, percent, randomOf, seed, wound } from './law.js';

const slowestMs = 2_000;

/** Reads; what it answers writes again what was read, or undefined where there is nothing to write. Only reading may fail. */
type Reader = (bytes: Uint8Array) => () => Buffer | undefined;

const pair =
  <T>(read: (bytes: Uint8Array) => T, write: (value: NonNullable<T>) => Buffer | undefined): Reader =>
  (bytes) => {
    const value = read(bytes);
    return () => (value === undefined || value === null ? undefined : write(value));
  };
const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

const messageReaders: readonly Reader[] = [
  pair(decodeCheckin, encodeCheckin),
  pair(decodeResult, encodeResult),
  pair(decodeCommand, (command) => encodeCommand(command.CommandUUID, command.body)),
];

/** Rarer messages: every eighth input is theirs too. */
const rarerReaders: readonly Reader[] = [
  pair(decodeTokenReply, encodeTokenReply),
  pair(
    (bytes) => readErrorResponse('application/xml', bytes),
    (response) => writeErrorResponse(response, 'plist').body,
  ),
];

const jsonReaders: readonly Reader[] = [
  pair(readTokens, encodeDdm),
  pair(readDeclarationItems, encodeDdm),
  pair(readDeclaration, encodeDdm),
  pair(readStatusReport, encodeStatusReport),
  pair(
    (bytes) => readDeclarationStatuses(readStatusReport(bytes)),
    (statuses) =>
      encodeStatusReport({
        StatusItems: nest('management.declarations', writeDeclarationStatuses(statuses)),
        Errors: [],
      }),
  ),
  pair(
    (bytes) => parseEndpoint(asText(bytes)),
    (endpoint) => Buffer.from(buildEndpoint(endpoint)),
  ),
  pair(
    (bytes) => readErrorResponse('application/json', bytes),
    (response) => writeErrorResponse(response, 'json').body,
  ),
  pair((bytes) => readWake(asText(bytes)), encodeWake),
  pair(readApnsRefusal, () => undefined),
];

/** The law of hostile bytes: a RollcallError, or a value that can be written, read again and written the same. */
function check(bytes: Uint8Array, readers: readonly Reader[], origin: string): number {
  let accepted = 0;
  for (const [index, read] of readers.entries()) {
    const told = () =>
      `reader ${index}, ${origin}, FUZZ_SEED=${seed}: ${Buffer.from(bytes).toString('base64').slice(0, 6000)}`;
    const begun = computedMs();
    let write: () => Buffer | undefined;
    try {
      write = read(bytes);
    } catch (error) {
      if (!(error instanceof RollcallError)) throw new Error(`a foreign error: ${told()}`, { cause: error });
      continue;
    } finally {
      const ms = computedMs() - begun;
      if (ms > slowestMs) expect.fail(`${ms} ms for ${told()}`);
    }
    const written = write();
    if (written === undefined) continue;
    accepted++;
    if (!read(written)()?.equals(written)) throw new Error(`not the same when written again: ${told()}`);
  }
  return accepted;
}

// biome-ignore format: a table
const words = [
  '<dict>', '</dict>', '<key>', '</key>', '<string>', '</string>', '<array>', '</array>', '<data>', '</data>', '<true/>', '<integer>9</integer>',
  'MessageType', 'TokenUpdate', 'CheckOut', 'GetToken', 'DeclarativeManagement', 'UserAuthenticate', 'Status', 'Idle', 'Error', 'NotNow',
  'UDID', 'EnrollmentID', 'CommandUUID', 'Command', 'RequestType', 'ErrorChain', 'Topic', '__proto__', 'constructor', '&#0;', '&amp;', '\0',
  '{', '}', '[', ']', '"', '\\', ':', ',', 'null', '1e999', '-0', '\\ud800', '/', '%', '%2e%2e', '..', 'é', '😀',
].map((text) => Buffer.from(text));

/** A message that is still a property list, but with keys lost, taken from another message, or holding anything at all. */
function distort(
  message: PlistDict,
  others: readonly PlistDict[],
  value: PlistValue,
  random: (below: number) => number,
): PlistDict {
  const made = dict(message);
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const keys = Object.keys(made);
    const key = keys[random(keys.length)] ?? 'UDID';
    const other = others[random(others.length)] ?? message;
    const otherKeys = Object.keys(other);
    const otherKey = otherKeys[random(otherKeys.length)] ?? 'UDID';
    const inner = made[key];
    switch (random(5)) {
      case 0:
        delete made[key];
        break;
      case 1:
        made[key] = value;
        break;
      case 2:
        made[otherKey] = other[otherKey];
        break;
      case 3:
        made[key] = other[otherKey];
        break;
      default:
        if (isDict(inner)) made[key] = distort(inner, others, value, random);
    }
  }
  return made;
}

const identifier = 'EB13EE2B-5D63-4EBA-810F-5B81D07F5017';
const item = { Identifier: identifier, ServerToken: '1' };
const status = {
  identifier,
  'server-token': '1',
  active: true,
  valid: 'invalid',
  reasons: [{ code: 'Error.Unknown', details: {} }],
};
const declarations = { activations: [status], configurations: [], assets: [], management: [status] };
const texts = [
  { SyncTokens: { Timestamp: '2026-11-21T09:30:00Z', DeclarationsToken: 'v1' } },
  { Declarations: { Activations: [item], Configurations: [item], Assets: [], Management: [] }, DeclarationsToken: 'v' },
  {
    Type: 'com.apple.configuration.management.test',
    ...item,
    Payload: { Echo: 'x', Deep: [{ a: [1.5, null, true] }] },
  },
  {
    StatusItems: { device: { model: { family: 'iPhone' } }, management: { declarations } },
    Errors: [{ StatusItem: 'mdm.app', Reasons: [{ Code: 'c', Description: 'd', Details: {} }] }],
    FullReport: false,
  },
  { code: 'com.apple.softwareupdate.required', message: 'm', details: { OSVersion: '18.1', Deep: { n: 0.5 } } },
  { mdm: 'CEFDF0BD-E342-4A27-8742-E930EA116B0A' },
  { reason: 'Unregistered', timestamp: 1_700_000_000_000 },
].map((value) => Buffer.from(JSON.stringify(value)));
const endpoints = ['tokens', 'status', `declaration/asset/${identifier}`, 'declaration/activation/a%2Fb'].map((text) =>
  Buffer.from(text),
);
const jsonFiles = [...texts, ...endpoints];

// What no fixture shows: commands, and check-ins that the captured devices did not send.
const written: readonly PlistDict[] = [
  { CommandUUID: 'u', Command: dict({ RequestType: 'InstallProfile', Payload: Buffer.from('<plist/>') }) },
  {
    CommandUUID: 'u',
    Command: dict({ RequestType: 'Settings', Settings: [dict({ Item: 'DeviceName', DeviceName: 'x' })] }),
  },
  { MessageType: 'DeclarativeManagement', UDID: 'u', Endpoint: 'status', Data: texts[3] },
  {
    MessageType: 'GetToken',
    EnrollmentID: 'e',
    TokenServiceType: 'com.apple.maid',
    TokenParameters: dict({ PhoneUDID: 'p' }),
  },
  { MessageType: 'UserAuthenticate', UDID: 'u', UserID: 'i', DigestResponse: '' },
  { MessageType: 'SetBootstrapToken', UDID: 'u', BootstrapToken: Buffer.of(1, 2), AwaitingConfiguration: true },
  { TokenData: Buffer.of(1, 2, 3) },
  { code: 'com.apple.unrecognized.device', details: dict({ OSVersion: '18.1' }) },
  { UDID: 'u', Status: 'Idle', UserID: 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', UserShortName: 'pat' },
].map((entries) => dict(entries));

describeWithFixtures('MDM messages of hostile bytes', () => {
  it('are refused by a code or read, thousands of times, in bounded time and memory', () =>
    keepsLittle(() => {
      const random = randomOf(seed);
      const messages = [...fixtureNames('apple').map((name) => parsePlistDict(fixture(`apple/${name}`))), ...written];
      const files = [
        ...fixtureNames('apple').map((name) => fixture(`apple/${name}`)),
        ...written.map(buildPlist),
        ...messages.map(buildBinaryPlist),
      ];
      let inputs = 0;
      let accepted = 0;
      const count = (bytes: Uint8Array, readers: readonly Reader[], origin: string): void => {
        if (readers === messageReaders && inputs % 8 === 0) accepted += check(bytes, rarerReaders, origin);
        inputs++;
        accepted += check(bytes, readers, origin);
      };

      for (const file of jsonFiles) {
        for (const length of cutsOf(file.length, jsonFiles.length, random))
          count(file.subarray(0, length), jsonReaders, 'cut short');
      }
      fc.assert(
        fc.property(plistValue, (value) => {
          for (let n = 0; n < 10; n++) {
            const message = messages[random(messages.length)] ?? dict({});
            const made = distort(message, messages, value, random);
            count(random(2) === 0 ? buildPlist(made) : buildBinaryPlist(made), messageReaders, 'a distorted message');
          }
        }),
        { seed, numRuns: percent(2.5), endOnFailure: true },
      );
      fc.assert(
        fc.property(fc.json({ maxDepth: 6 }), (text) => count(Buffer.from(text), jsonReaders, 'any JSON')),
        { seed, numRuns: percent(2), endOnFailure: true },
      );
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          count(bytes, messageReaders, 'any bytes');
          count(bytes, jsonReaders, 'any bytes');
        }),
        { seed, numRuns: percent(1), endOnFailure: true },
      );
      while (inputs < inputsPerCodec) {
        const file = random(2) === 0 ? jsonFiles[random(jsonFiles.length)] : undefined;
        if (file) count(wound(file, { others: jsonFiles, words, random }), jsonReaders, 'a wounded JSON');
        else
          count(
            wound(files[random(files.length)] ?? Buffer.alloc(0), { others: files, words, random }),
            messageReaders,
            'a wounded message',
          );
      }

      // Both ways out are taken often, or this proves little.
      expect(accepted, `accepted of ${inputs}, FUZZ_SEED=${seed}`).toBeGreaterThan(inputs / 10);
      expect(accepted, `accepted of ${inputs}, FUZZ_SEED=${seed}`).toBeLessThan(inputs * 0.8);
    }));
});
