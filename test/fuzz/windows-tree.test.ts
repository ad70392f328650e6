import { describe, expect, it } from 'vitest';
import { cspModules, cspSchemas } from '../../agent/platform/windows/csp/index.js';
import type { NodeSchema } from '../../agent/platform/windows/tree/schema.js';
import { encodeSegment } from '../../protocol/syncml/loc-uri.js';
import { type Item, type SyncMlCommand, type TreeVerb, treeVerbs } from '../../protocol/syncml/message.js';
import { tableOf } from '../agent/platform/windows/tree/bench.js';
import { inputsPerCodec, type Random, randomOf, seed } from './law.js';

const guid = '{C556E16F-56C4-4EDB-9C64-D9469EE1FBE0}';
const names = [
  guid,
  guid.toLowerCase(),
  'Corp Net',
  'a',
  'Rollcall',
  'AB'.repeat(20),
  '../x',
  'ä/ö',
  ' ',
  'x'.repeat(70),
];

/** Values of all sorts; documents that are cut short, too. */
const values = [
  '',
  '0',
  '1',
  '-1',
  '2147483648',
  'true',
  'Email',
  'IMAP4',
  'imap.example.test:993',
  'host:99999999',
  'https://scep.example.test/scep',
  'javascript:alert(1)',
  'AAEC',
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A',
  '1.3.6.1.5.5.7.3.2',
  'SHA-1+SHA-2',
  'CN=x, O="a, b", OU=',
  '2026-11-26T10:00:00Z',
  '<enabled/><data id="a" value="b"/>',
  '<?xml version="1.0"?><WLANProfile xmlns="http://www.microsoft.com/networking/WLAN/profile/v1"><name>Corp Net</name><SSIDConfig><SSID><name>Corp Net</name></SSID></SSIDConfig><connectionType>ESS</connectionType><MSM><security><authEncryption><authentication>WPA2PSK</authentication><encryption>AES</encryption></authEncryption><sharedKey><keyType>passPhrase</keyType><protected>false</protected><keyMaterial>abcdefgh</keyMaterial></sharedKey></security></MSM></WLANProfile>',
  '<VPNProfile><NativeProfile><Servers>vpn.example.test</Servers><NativeProtocolType>IKEv2</NativeProtocolType><Authentication><MachineMethod>Certificate</MachineMethod></Authentication></NativeProfile></VPNProfile>',
  '<VPNProfile><NativeProfile>',
  `<MsiInstallJob id="${guid}"><Product Version="1.0">`,
  `<MsiInstallJob id="${guid}"><Product Version="1.0"><Download><ContentURLList><ContentURL>http://a.example/%zz.msi</ContentURL></ContentURLList></Download><Validation><FileHash>${'AB'.repeat(32)}</FileHash></Validation></Product></MsiInstallJob>`,
  './DevDetail',
  './Vendor/MSFT',
  './User/Vendor/MSFT/NodeCache/Rollcall/ChangedNodes',
  '\u0000\ud800',
  '%{}$(){{7*7}}',
];

const formats = ['chr', 'int', 'bool', 'b64', 'bin', 'xml', 'node', 'null', 'date', 'nothing'];

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;

function someValue(random: Random, node: NodeSchema): string {
  const own = node.allowed?.kind === 'enum' ? node.allowed.values : [];
  if (own.length > 0 && random(3) > 0) return pick(random, own);
  const value = pick(random, values);
  return random(8) === 0 ? value.slice(0, random(value.length + 1)) : value;
}

function someItem(random: Random): Item & { readonly verb: TreeVerb } {
  const { address, node } = pick(
    random,
    cspSchemas.flatMap(({ roots }) => roots),
  );
  let at = node;
  let target = address;
  while (at.children.length > 0 && random(12) > 0) {
    at = pick(random, at.children);
    const name = at.isDynamic
      ? pick(
          random,
          at.allowed?.kind === 'enum' ? at.allowed.values : names.slice(0, random(2) === 0 ? 1 : names.length),
        )
      : at.name;
    target += `/${random(60) === 0 ? name : encodeSegment(name)}`;
  }
  const format = random(4) === 0 ? pick(random, formats) : at.format;
  const allowed = [...at.access].filter((verb) => verb !== 'Get' || random(4) === 0);
  return {
    verb: pick(random, random(6) === 0 || allowed.length === 0 ? treeVerbs : allowed),
    target: random(100) === 0 ? target.toUpperCase() : target,
    ...(at.format === 'node' && random(5) > 0 ? {} : { data: someValue(random, at) }),
    ...(random(3) === 0 ? {} : { meta: { format } }),
  };
}

function someCommand(random: Random, depth = 0): SyncMlCommand {
  const cmdId = String(random(50));
  if (depth < 2 && random(8) === 0) {
    const commands = Array.from({ length: random(12) }, () => someCommand(random, depth + 1));
    return { verb: random(4) === 0 ? 'Sequence' : 'Atomic', cmdId, commands };
  }
  const [first, ...others] = Array.from({ length: random(6) === 0 ? 3 : 1 }, () => someItem(random));
  const own = first?.verb ?? 'Get';
  return {
    verb: depth > 0 && (own === 'Get' || own === 'Copy') && random(20) > 0 ? 'Replace' : own,
    cmdId,
    items: [first, ...others].flatMap((each) => (each === undefined ? [] : [itemOf(each)])),
  };
}

const itemOf = ({ verb: _own, ...item }: ReturnType<typeof someItem>): Item => item;

const known = [200, 202, 213, 215, 216, 400, 404, 405, 406, 412, 415, 416, 418, 420, 425, 500, 507, 516];

describe('Commands on the trees of Windows, whatever they hold', () => {
  const perMessage = 25;

  it('are answered, each with a status of Windows, and what they did can be stored', async () => {
    const random = randomOf(seed);
    const seen = new Map<number, number>();
    let table = tableOf();
    for (let message = 0; message < Math.ceil(inputsPerCodec / perMessage); message++) {
      // A few messages to each device, so that later ones meet what earlier ones wrote.
      if (message % 10 === 0) table = tableOf({ modules: cspModules, schemas: cspSchemas });
      const commands = Array.from({ length: perMessage }, () => someCommand(random));
      const before = table.memory.data;
      const { answers } = await table.run(...commands);
      expect(answers.length).toBeGreaterThanOrEqual(commands.length);
      for (const { statuses, results, told } of answers) {
        for (const { code } of statuses) {
          seen.set(code, (seen.get(code) ?? 0) + 1);
          if (!known.includes(code)) throw new Error(`${code} is no status of Windows: ${told.name}`);
        }
        expect(results.length).toBeLessThanOrEqual(statuses.length);
      }
      expect(() => table.memory.saved).not.toThrow();
      if (answers.every(({ statuses }) => statuses.every(({ code }) => code >= 300)))
        expect(table.memory.data).toBe(before);
    }
    expect(Math.max(...seen.keys())).toBeGreaterThanOrEqual(507);
    expect(seen.get(200) ?? 0).toBeGreaterThan(inputsPerCodec / 20);
  });
});
