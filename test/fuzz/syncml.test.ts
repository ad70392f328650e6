import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { isRollcallError, RollcallError } from '../../base/errors.js';
import { joinLocUri, splitLocUri } from '../../protocol/syncml/loc-uri.js';
import type { SyncMlCommand, SyncMlMessage } from '../../protocol/syncml/message.js';
import { decodeSyncMl } from '../../protocol/syncml/read.js';
import { decodeWbxml, encodeWbxml } from '../../protocol/syncml/wbxml.js';
import { encodeSyncMl } from '../../protocol/syncml/write.js';
import { deviceMessages, serverMessages } from '../protocol/syncml/captures.js';
import { richMessage } from '../protocol/syncml/messages.js';
import { computedMs } from '../support/computed.js';
import { fixture, fixtureNames, hasFixtures } from '../support/shared.js';
import { inputsPerCodec, keepsLittle, type Random, randomOf, seed, wound } from './law.js';

const slowestMs = 2_000;
const liberal = { isLiberal: true };

const xmlMessages = (): readonly Buffer[] => [
  encodeSyncMl(richMessage),
  ...(hasFixtures() ? [...deviceMessages(), ...serverMessages()].map(([, bytes]) => bytes) : []),
];
const wbxmlMessages = (): readonly Buffer[] => [
  encodeWbxml(richMessage),
  ...fixtureNames('windows/wbxml').map((name) => fixture(`windows/wbxml/${name}`)),
];

// biome-ignore format: a table
const xmlWords = [
  '<Atomic>', '</Atomic>', '<Sequence>', '<Get>', '</Get>', '<Status>', '</Status>', '<Alert>', '<Item>', '</Item>', '<Final/>', '<Chal>', '<Meta>', '</Meta>',
  '<Data>', '</Data>', '<Data><a b="c">', '<![CDATA[', ']]>', '<!--', '-->', '<!DOCTYPE SyncML>', '<?xml version="1.0"?>', '\ufeff', 'xmlns="urn:x"', ' x:y="1"',
  '<CmdID/>', '<CmdID>1</CmdID>', '<Size>1</Size>', '<MoreData/>', '<__proto__/>', '<constructor/>', '&lt;', '&#0;', '&#13;', '&x;', '\0', '\r', '  ', 'é', '😀',
].map((text) => Buffer.from(text));
const wbxmlWords = [
  ...[
    '0001',
    '0000',
    '01',
    '03',
    '0300',
    '83',
    '8300',
    'c3',
    'c304',
    'c3ffffffff7f',
    '04',
    '44',
    '84',
    'c4',
    '0201',
    '5a',
    '4f',
    '48',
    '64',
    '12',
  ],
  ...['6d', '02a4016a00', '4f03', '5a0001', '4403', 'cf0400'],
].map((hex) => Buffer.from(hex, 'hex'));

/** What `read` makes of the bytes; undefined where it refuses them by an error of ours, in a time that is no hang. */
function attempt(read: (bytes: Uint8Array) => SyncMlMessage, bytes: Uint8Array): SyncMlMessage | undefined {
  const told = () => `FUZZ_SEED=${seed}: ${Buffer.from(bytes).toString('base64').slice(0, 6000)}`;
  const begun = computedMs();
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof RollcallError) return undefined;
    throw new Error(`a foreign error: ${told()}`, { cause: error });
  } finally {
    const ms = computedMs() - begun;
    if (ms > slowestMs) expect.fail(`${ms} ms for ${told()}`);
  }
}

/** Reads wounded copies of the messages, and gives what could be read to `check`; how many that were. */
function survive(
  read: (bytes: Uint8Array) => SyncMlMessage,
  messages: readonly Buffer[],
  words: readonly Buffer[],
  check: (message: SyncMlMessage, bytes: Buffer, random: Random) => void,
): number {
  let accepted = 0;
  const random = randomOf(seed);
  keepsLittle(() => {
    for (let at = 0; at < inputsPerCodec; at++) {
      const original = messages[at % messages.length] ?? Buffer.alloc(0);
      const bytes = wound(original, { others: messages, words, random });
      const message = attempt(read, bytes);
      if (message === undefined) continue;
      accepted++;
      check(message, bytes, random);
    }
  });
  return accepted;
}

/** Quicker than `toEqual`, which says what differs. */
function same(given: SyncMlMessage, expected: SyncMlMessage, bytes: Buffer): void {
  if (isDeepStrictEqual(given, expected)) return;
  expect(given, `FUZZ_SEED=${seed}: ${bytes.toString('base64')}`).toStrictEqual(expected);
}

it('damaged SyncML is refused by an error of ours, or is a message that is written and read as the same', () => {
  const accepted = survive(
    (bytes) => decodeSyncMl(bytes, liberal),
    xmlMessages(),
    xmlWords,
    (message, bytes) => {
      same(decodeSyncMl(encodeSyncMl(message), liberal), message, bytes);
      attempt(decodeSyncMl, bytes); // strictly it may be refused, no more
    },
  );
  expect(accepted).toBeGreaterThan(inputsPerCodec / 20);
});

it('damaged WBXML is refused by an error of ours, or is a message that both forms hold', () => {
  const accepted = survive(
    (bytes) => decodeWbxml(bytes, liberal),
    wbxmlMessages(),
    wbxmlWords,
    (message, bytes, random) => {
      if (random(3) > 0) return; // writing and reading four times takes its time
      // Once through XML: what XML cannot hold is U+FFFD from there on.
      const held = decodeSyncMl(encodeSyncMl(message), liberal);
      let written: Buffer;
      try {
        written = encodeWbxml(held);
      } catch (error) {
        // A name out of a string table has no token.
        expect(isRollcallError(error, 'WBXML_MALFORMED') && JSON.stringify(held).includes('"Unknown"')).toBe(true);
        return;
      }
      same(decodeWbxml(written, liberal), { ...held, commands: held.commands.map(plain) }, bytes);
    },
  );
  expect(accepted).toBeGreaterThan(inputsPerCodec / 20);
});

/** Without what WBXML has no place for. */
function plain(command: SyncMlCommand): SyncMlCommand {
  if (command.verb !== 'Status') return command;
  const { originalError: _, ...status } = command;
  return status;
}

it('damaged addresses are none, or are written and read as the same', () => {
  const uris = ['./Vendor/MSFT/WiFi/Profile/Corp%20Net/WlanXml', './A/%7B1%7D', './Caf%C3%A9/%2F'].map((uri) =>
    Buffer.from(uri),
  );
  const words = ['%', '%2e', '%00', '/', '//', '..', './', '%c3', '\ud800', ' ', '\n', '?list=Struct'].map((word) =>
    Buffer.from(word),
  );
  const random = randomOf(seed);
  for (let at = 0; at < inputsPerCodec; at++) {
    const text = wound(uris[at % uris.length] ?? Buffer.alloc(0), { others: uris, words, random }).toString('utf8');
    const segments = splitLocUri(text);
    if (segments !== undefined) expect(splitLocUri(joinLocUri(segments)), JSON.stringify(text)).toEqual(segments);
  }
});
