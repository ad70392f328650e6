import { expect, it } from 'vitest';
import { seededRandom } from '../../agent/io/random.js';
import { applyCommand } from '../../agent/model/apply-command.js';
import type { Happening } from '../../agent/model/happening.js';
import type { Keys, Ports } from '../../agent/model/ports.js';
import type { DeviceState } from '../../agent/model/state.js';
import type { Apply, Link } from '../../agent/platform/driver.js';
import { windows } from '../../agent/platform/windows/driver.js';
import { manualClock } from '../../base/clock.js';
import { RollcallError } from '../../base/errors.js';
import { silentLog } from '../../base/log.js';
import {
  challenge,
  command,
  enrolledAt,
  get,
  headerStatus,
  serverSays,
} from '../agent/platform/windows/session-stage.js';
import { someMemory, someState } from '../agent/platform/windows/some-device.js';
import { rsaKey } from '../support/keys.js';
import { scriptedHttp } from '../support/scripted-http.js';
import { describeWithFixtures, fixture, fixtureNames } from '../support/shared.js';
import { inputsPerCodec, randomOf, seed, wound } from './law.js';

const provider = './Device/Vendor/MSFT/DMClient/Provider/Rollcall';
const chr = (data: string): string => `<Meta><Format xmlns="syncml:metinf">chr</Format></Meta><Data>${data}</Data>`;

/** What servers say, as they should; of other servers what they were seen to say. */
const own = [
  serverSays(headerStatus(200)),
  serverSays(headerStatus(407, 1, challenge('syncml:auth-md5', 'AAECAw=='))),
  serverSays(get('2', './DevInfo/Man', './DevDetail', './Device/Vendor/MSFT', `${provider}/Poll`)),
  serverSays(command('Replace', '2', `${provider}/Poll/IntervalForFirstSetOfRetries`, chr('480')), {
    meta: '<Meta><MaxMsgSize xmlns="syncml:metinf">2048</MaxMsgSize></Meta>',
  }),
  serverSays(
    command(
      'Replace',
      '2',
      './Vendor/MSFT/WiFi/Profile/A/WlanXml',
      `${chr('&lt;WLAN').slice(0, -7)}</Data><MoreData/>`,
    ),
  ),
  serverSays(command('Exec', '2', './Device/Vendor/MSFT/Reboot/RebootNow')),
  serverSays(command('Exec', '2', `${provider}/Unenroll`)),
  serverSays(command('Exec', '2', './Device/Vendor/MSFT/RemoteWipe/doWipe')),
  serverSays(
    `<Atomic><CmdID>2</CmdID>${command('Add', '3', `${provider}/EntDMID`, chr('x'))}${get('4', './DevInfo/Man')}</Atomic>`,
  ),
  serverSays('<Alert><CmdID>2</CmdID><Data>1223</Data></Alert>'),
];

const words = [
  '<Final/>',
  '<MoreData/>',
  '<CmdID>0</CmdID>',
  '407',
  '401',
  '1222',
  '1223',
  '%00',
  '../',
  '__proto__',
  '<Get>',
  '</Get>',
  '<!DOCTYPE a>',
  '&#0;',
  '<Atomic>',
  './User/Vendor/MSFT',
].map((text) => Buffer.from(text));

function openLink(answers: Buffer[]): { link: Link; apply: Apply; happenings: Happening[]; requests: () => number } {
  const http = scriptedHttp(() => answers.shift());
  const { privateKey, publicKey } = rsaKeyOnce();
  const keys: Keys = {
    take: async () => ({ ref: { pool: 'x' }, privateKey, publicKey }),
    open: (ref) => ({ ref, privateKey, publicKey }),
    adopt: () => ({ ref: { pool: 'x' }, privateKey, publicKey }),
  };
  const clock = manualClock(enrolledAt + 1000);
  const ports: Ports = { clock, log: silentLog, http, keys, random: seededRandom('fuzz', 1) };
  const view: { state: DeviceState } = { state: someState() };
  const happenings: Happening[] = [];
  const device = {
    get state() {
      return view.state;
    },
    lenient: new Set<never>(),
    tell: (happening: Happening) => void happenings.push(happening),
  };
  const apply: Apply = async (asked) => {
    const applied = applyCommand(view.state, asked, 'fuzz', clock.now());
    view.state = applied.state;
    return applied.outcome;
  };
  return {
    link: windows.create(device, ports).resume(someMemory().saved),
    apply,
    happenings,
    requests: () => http.requests.length,
  };
}

let key: ReturnType<typeof rsaKey> | undefined;
const rsaKeyOnce = () => {
  key ??= rsaKey();
  return key;
};

describeWithFixtures('a Windows session with a hostile server', () => {
  it(`keeps a link that can be stored and ends, ${inputsPerCodec} wounded messages`, async () => {
    const random = randomOf(seed);
    const foreign = fixtureNames('windows/servers/latchz')
      .filter((name) => /^1\d-/.test(name))
      .map((name) => fixture(`windows/servers/latchz/${name}`).toString('utf8'));
    const corpus = [...own, ...foreign].map((text) =>
      Buffer.from(text.replaceAll('CDBD3D05E019430B8BD78B4EC748F1AD', '1E08C6E95D8BB843B1278FF45BC60CC6')),
    );
    let sessions = 0;
    let refused = 0;
    for (let inputs = 0; inputs < inputsPerCodec; ) {
      const script = Array.from({ length: 4 }, () => {
        const original = corpus[random(corpus.length)] ?? Buffer.alloc(0);
        return random(3) === 0 ? original : wound(original, { others: corpus, words, random });
      });
      inputs += script.length;
      const { link, apply, requests } = openLink([...script]);
      const told = (): string =>
        `FUZZ_SEED=${seed}: ${script
          .map((bytes) => bytes.toString('base64'))
          .join(' ')
          .slice(0, 8000)}`;
      for (let n = 0; n < 2; n++) {
        sessions++;
        try {
          const report = await link.checkIn({ reason: 'scheduled', apply, signal: new AbortController().signal });
          if (report.left !== undefined) break;
        } catch (error) {
          if (!(error instanceof RollcallError)) throw new Error(`a foreign error: ${told()}`, { cause: error });
          refused++;
        }
        try {
          expect(link.saved.platform).toBe('windows');
        } catch (error) {
          throw new Error(`what it keeps cannot be stored: ${told()}`, { cause: error });
        }
      }
      if (requests() > 64 * 8) expect.fail(`${requests()} requests: ${told()}`);
    }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(sessions);
  });
});
