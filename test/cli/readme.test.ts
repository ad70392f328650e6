import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { realClock } from '../../base/clock.js';
import { readScenario } from '../../fleet/index.js';
import { prepareArtefacts } from '../../fleet/report/artefacts.js';
import { sampleRun, sampleSummary } from '../fleet/sample-run.js';
import { needing } from '../support/outside.js';
import {
  atHeadwind,
  atThePc,
  atThePhone,
  authority,
  authorityHere,
  clearDesks,
  desk,
  does,
  enrollmentProfile,
  passes,
  sharedAuthority,
  type,
} from './desks.js';
import { commandsOf } from './documents.js';
import { root } from './rollcall.js';

afterAll(clearDesks);

const stub = 'https://localhost:8443';
const curl = 'curl --cacert .rollcall/ca.pem -H "Authorization: Bearer $TOKEN"';
const hasCurl = !inject('missing').includes('curl');
const scripts: Record<string, unknown> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;
const ci = readFileSync(join(root, '.ci/run'), 'utf8');

/** Run whole by every build, not by a test: a test cannot run the tests. */
const byTheBuild = async (line: string): Promise<void> => {
  const [, script = ''] = /npm (?:run )?(\w+)$/.exec(line) ?? [];
  expect(scripts[script], line).toBeTypeOf('string');
  expect(ci, line).toMatch(new RegExp(`npm (?:run )?(?:--silent )?${script}\\b`));
};

const switchLines = {
  server: 'npx rollcall server --authority office365 --clock manual',
  device: `npx rollcall device --platform windows --server ${stub} --ca .rollcall/ca.pem --user user1@contoso.example --clock stub`,
  organization: `${curl} ${stub}/v1.0/organization`,
  authority: `${curl} -d '{"mobileDeviceManagementAuthority":"intune"}' ${stub}/v1.0/organization/ID/setMobileDeviceManagementAuthority`,
  clock: `${curl} -d '{"advance":"169h"}' ${stub}/stub/v1/clock`,
};
/** One device through a switch: all its lines are one story. Gives what the device said. */
let toldOfSwitch: Promise<string> | undefined;
async function throughASwitch(): Promise<string> {
  const here = await authority(switchLines.server);
  const there = { [stub]: here.url };
  const device = type(switchLines.device, here, there);
  await device.says(/checked in/);
  device.child.stdin.write('status\noffline\n');
  await device.says(/\noffline\n/);
  const { value } = JSON.parse(await passes(type(switchLines.organization, here, there)));
  await passes(type(switchLines.authority, here, { ...there, '/ID/': `/${value[0].id}/` }));
  await passes(type(switchLines.clock, here, there));
  device.child.stdin.write('status\n');
  await device.says(/kept until/);
  device.child.stdin.write('online\ncheck-in\nstatus\nquit\n');
  const { code } = await device.ended;
  expect(code, device.said).toBe(0);
  return device.said;
}
const inTheSwitch = (said: RegExp) => async (): Promise<unknown> => {
  if (!hasCurl) return undefined;
  toldOfSwitch ??= throughASwitch();
  return expect(await toldOfSwitch).toMatch(said);
};

/** Their scenario with steps over fractions of a second: it has few devices here. */
function hasten({ cwd }: { readonly cwd: string }, name: string): void {
  const file = join(cwd, 'scenarios', `${name}.yaml`);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/\bover: \d+s/g, 'over: 100ms'));
}

/** Every command of the README, and how it is tried. */
const typed: Readonly<Record<string, (line: string) => Promise<unknown>>> = {
  'npm start': byTheBuild,
  [switchLines.server]: inTheSwitch(/managed by office365 since/),
  [switchLines.device]: inTheSwitch(/Contoso-Guests \(of office365, since \S+\)/),
  [switchLines.organization]: inTheSwitch(/\noffline\n/),
  [switchLines.authority]: inTheSwitch(/managed by intune since/),
  [switchLines.clock]: inTheSwitch(/Contoso VPN \(of office365, since \S+, kept until \S+\)/),
  'npm test': byTheBuild,
  'npm run torture': byTheBuild,
  // The suite runs the same tests with 5,000 inputs; the figure and the seed are read there.
  'npm run fuzz': async () => expect(scripts['fuzz']).toContain('vitest run test/fuzz'),
  'FUZZ_SEED=42 FUZZ_INPUTS=1000000 npm run fuzz': async () => expect(scripts['fuzz']).toContain('${FUZZ_INPUTS:-'),

  'npx rollcall server': async (line) => {
    const { server } = await authority(line);
    server.child.kill('SIGINT');
    expect((await server.ended).code).toBe(130);
  },
  'npx rollcall device --server https://localhost:8443 --ca .rollcall/ca.pem --user user1@contoso.example': async (
    line,
  ) => {
    const here = await sharedAuthority();
    const { out } = await does(line, here, { [stub]: here.url }, 'check-in\nprofiles\n');
    expect(out).toMatch(/Type "help"[\s\S]*Contoso mail/);
    expect(out).toMatch(/InstallProfile/);
  },
  'npx rollcall device --platform windows --server https://localhost:8443 --ca .rollcall/ca.pem --user user1@contoso.example':
    async (line) => {
      const here = await sharedAuthority();
      const { out, err } = await does(line, here, { [stub]: here.url }, 'check-in\nprofiles\n');
      expect(out).toMatch(/Type "help"[\s\S]*Contoso mail/);
      const told = `${out}\n${err}`.match(/Add \.\/Device\/Vendor\/MSFT\/WiFi\/Profile\/Contoso\/WlanXml: done/g);
      expect(told).toHaveLength(1); // by one of the two who tell: before the prompt, and at it
    },
  'ROLLCALL_PASSWORD=swordfish npx rollcall device --platform windows --server https://mdm.example:8443/EnrollmentServer/Discovery.svc --user user2@contoso.example --state ./pc --os "11 23H2" --once':
    async () => await atThePc(({ cwd }) => Promise.resolve(expect(existsSync(join(cwd, 'pc'))).toBe(true))), // as it stands
  'npx rollcall device --platform windows --server https://mdm.example:8443/EnrollmentServer/Discovery.svc --enroll-token TOKEN --csr strict --once':
    async (line) => {
      const here = await authorityHere();
      const instead = { 'https://mdm.example:8443': here.url, TOKEN: here.authority.windows.bulkToken() };
      expect((await does(`${line} --ca .rollcall/ca.pem`, here, instead)).out).toMatch(/enrolled at/);
    },
  'npx rollcall device --state ./pc --once --trace': (line) =>
    atThePc(async (here) => {
      const { out, err } = await does(line, here);
      expect(out).toMatch(/, 10\.0\.22631\.\d+\), [0-9A-F]{32}/);
      expect(err).toMatch(
        /device POST https:\S+\/ManagementServer\/MDM\.svc\?\S+ 200[\s\S]*SyncML session \d+, message 1/,
      );
    }),
  'npx rollcall device --platform android --server https://localhost:8443 --ca .rollcall/ca.pem --user user1@contoso.example':
    async (line) => {
      const here = await sharedAuthority();
      const { out, err } = await does(line, here, { [stub]: here.url });
      expect(out).toMatch(/Contoso mail[\s\S]*Type "help"/);
      expect(`${out}\n${err}`).toMatch(/command certificate Device identity: done/); // an enrollment brings it all at once
    },
  'npx rollcall device --platform android --server "https://mdm.example:8443/rest/public/qr/json/KEY?create=1" --state ./scanner --once':
    async (line) => {
      const here = await sharedAuthority();
      const instead = { 'https://mdm.example:8443': here.url, KEY: 'user2@contoso.example' };
      expect((await does(`${line} --ca .rollcall/ca.pem`, here, instead)).out).toMatch(/Contoso mail/);
      expect(existsSync(join(here.cwd, 'scanner'))).toBe(true);
    },
  'npx rollcall device --platform android --profile qr.json --management work-profile --exact --background --once': (
    line,
  ) =>
    atHeadwind(async (here) => {
      const secret = { npx: 'ROLLCALL_HMDM_SECRET=swordfish npx' };
      const { out, err } = await does(`${line} --ca ca.pem --number h0002`, here, secret);
      expect(out).toMatch(/h0002/);
      expect(`${out}\n${err}`).toMatch(/enrolling \S+ at https:\/\/\S+:\d+ \(qr\.json\) \.\.\./);
      expect(`${out}\n${err}`).not.toContain('LAUNCHER_DIFFERS');
      expect(here.authority.tenant.device('h0002')?.dialect['info']).toMatchObject({ mdmMode: false });
    }),
  'ROLLCALL_HMDM_SECRET=swordfish npx rollcall device --platform android --server https://mdm.example:8443 --number h0001 --signatures launcher-6.36 --mqtt-port 1883 --once':
    (line) =>
      atHeadwind(async (here) => {
        const { url, android } = here.authority;
        const instead = { 'https://mdm.example:8443': url, '1883': `${android.mqttPort}` };
        const { out, err } = await does(`${line} --ca ca.pem`, here, instead);
        expect(out).toMatch(/h0001/);
        expect(`${out}\n${err}`).not.toContain('PUSH_LOST');
        expect(android.numberOf('h0001')).toBe('h0001');
      }),
  'npx rollcall device --profile enroll.mobileconfig --state ./phone --once': async () =>
    expect(await atThePhone(({ cwd }) => Promise.resolve(existsSync(join(cwd, 'phone'))))).toBe(true), // it was the first
  'npx rollcall device --server https://mdm.example:8443/enroll/ios --state ./tablet --model iPad14,2 --os 18.1 --once':
    async (line) => {
      const here = await sharedAuthority();
      const url = `${here.url}/enroll/ios?user=user2@contoso.example`;
      const out = await passes(type(line, here, { 'https://mdm.example:8443/enroll/ios': url }));
      expect(out).toMatch(/iPad14,2, 18\.1/);
    },
  'npx rollcall device --state ./phone --once --json': async (line) => {
    const { out } = await atThePhone((here) => does(line, here));
    expect(JSON.parse(out)).toMatchObject({ lifecycle: 'enrolled', platform: 'ios' });
  },
  'npx rollcall device --state ./phone --poll 1m --stay': (line) =>
    atThePhone(async (here) => {
      const device = type(line, here);
      device.child.stdin.end();
      await device.says(/enrolled/);
      device.child.kill('SIGTERM');
      expect((await device.ended).code).toBe(143);
    }),
  'npx rollcall device --profile enroll.mobileconfig --state ./other --lenient tls,plist,scep --once': (line) =>
    atThePhone(async (here) => {
      await enrollmentProfile(here); // a challenge is good for one device
      const { out, err } = await does(`${line} --ca .rollcall/ca.pem`, here);
      expect(`${out}\n${err}`).toMatch(/lifted, though a real device would refuse: tls, plist, scep/);
    }),
  'npx rollcall device --state ./phone --once --trace': (line) =>
    atThePhone(async (here) => {
      expect((await does(line, here)).err).toMatch(/device PUT https:\S+\/mdm 200/);
    }),
  'npx rollcall device --state ./phone --once --trace exchanges.har': (line) =>
    atThePhone(async (here) => {
      await does(line, here);
      const har = JSON.parse(readFileSync(join(here.cwd, 'exchanges.har'), 'utf8'));
      expect(har.log.entries[0].request).toMatchObject({ method: 'PUT' });
    }),
  'npx rollcall server --trace server.txt': async (line) => {
    const here = await authority(line);
    await enrollmentProfile(here);
    here.server.child.kill('SIGINT');
    await here.server.ended;
    expect(readFileSync(join(here.cwd, 'server.txt'), 'utf8')).toMatch(/server GET https:\S+\/enroll\/ios\S* 200/);
  },
  'npx rollcall fleet run scenarios/switch.yaml --devices ios:1000,windows:500,android:500 --out out/run': async (
    line,
  ) => {
    const here = desk();
    hasten(here, 'switch');
    await does(line, here, { 'ios:1000,windows:500,android:500': 'ios:1,windows:1,android:1' });
    expect(readFileSync(join(here.cwd, 'out/run/summary.json'), 'utf8')).toMatch(/"passed"/);
  },
  'npx rollcall fleet run scenarios/switch.yaml --server https://mdm.example:8443 --ca ca.pem --token TOKEN': async (
    line,
  ) => {
    const here = await authorityHere();
    hasten(here, 'switch');
    const instead = { 'https://mdm.example:8443': here.url, 'ca.pem': '.rollcall/ca.pem', TOKEN: here.token };
    expect((await does(`${line} --devices ios:1,windows:1`, here, instead)).out).toMatch(/switch: passed/);
  },
  'npx rollcall smoke --platform android --server https://mdm.example:8443 --android-enroll "https://mdm.example:8443/rest/public/qr/json/KEY?create=1&deviceId=qa-{index}"':
    (line) =>
      atHeadwind(async (here) => {
        const { url, android } = here.authority;
        const mdm = 'https://mdm.example:8443';
        const instead = {
          [mdm]: url,
          [`"${mdm}`]: `"${url}`,
          KEY: 'default',
          npx: 'ROLLCALL_HMDM_SECRET=swordfish npx',
        };
        const more = `--ca ca.pem --mqtt-port ${android.mqttPort}`;
        expect((await does(`${line} ${more}`, here, instead)).out).toMatch(/leave +6 +0/);
        expect(android.numberOf('qa-6')).toBe('qa-6');
      }),
  'npx rollcall smoke --profile "https://mdm.example:8443/enroll/ios?user={user}" --discovery https://mdm.example:8443/EnrollmentServer/Discovery.svc --users people.csv':
    async (line) => {
      const here = await sharedAuthority();
      const own = desk();
      writeFileSync(join(own.cwd, 'people.csv'), 'user\nuser4@contoso.example\nuser5@contoso.example\n');
      const mdm = 'https://mdm.example:8443';
      const at = { [`"${mdm}`]: `"${here.url}`, [mdm]: here.url };
      const { out } = await does(`${line} --ca ${join(here.cwd, '.rollcall/ca.pem')}`, own, at);
      expect(out).toMatch(/leave +12 +0/);
    },
  'npx rollcall fleet plan scenarios/switch.yaml': async (line) =>
    expect((await does(line, desk())).out).toMatch(/40 ios, 30 windows, 30 android/),
  'npx rollcall fleet prepare scenarios/checkins.yaml --state ./fleet': async (line) => {
    const here = desk();
    const few = { './fleet': './fleet --devices ios:1,android:2' };
    expect((await does(line, here, few)).out).toMatch(/^3 devices are enrolled in \.\/fleet/);
    const then = 'npx rollcall fleet run scenarios/checkins.yaml --state ./fleet';
    expect((await does(then, here)).out).toMatch(/^check-in +3 +0 /m);
  },
  'npx rollcall fleet run scenarios/checkins.yaml --state ./fleet': async () => undefined, // with the line before it
  'npx rollcall fleet doctor --devices 100': async (line) => expect(await passes(type(line, desk()))).toMatch(/^fit$/m),
  'npx rollcall fleet report out/run': async (line) => {
    const here = desk();
    const artefacts = prepareArtefacts({ out: join(here.cwd, 'out/run'), clock: realClock });
    for (const event of sampleRun()) artefacts.hear(event);
    await artefacts.finish(sampleSummary());
    expect((await does(line, here)).out).toMatch(/^MISSED {2}enroll\.failures == 0/m);
  },
  'npx rollcall device --replay out/run:17 --trace': async (line) => {
    const here = desk();
    const artefacts = prepareArtefacts({ out: join(here.cwd, 'out/run'), clock: realClock });
    const [begun] = sampleRun();
    if (begun?.type !== 'run') throw new Error('a run begins with its event');
    const plan = readScenario('name: r\ndevices: { ios: 18 }\nphases: [{ enroll: { over: 1h } }, { check-in: {} }]');
    artefacts.hear({ ...begun, plan, lenient: [], target: { url: 'https://localhost:1', isEmbedded: true } });
    await artefacts.finish(sampleSummary());
    const { out, err } = await does(line, here);
    const said = `${out}\n${err}`;
    expect(said).toMatch(/^device 17 of "r", ios, of user2@contoso\.example$/m);
    expect(said).toMatch(/PKIOperation/);
    expect(said).toMatch(/^as in the run: it went through all its steps$/m);
    expect(said).toMatch(/Type "help"/);
  },
  'npx rollcall init': async (line) => {
    const here = desk();
    expect((await does(line, here)).out).toMatch(/rollcall fleet run scenario\.yaml/);
    expect(existsSync(join(here.cwd, 'scenario.yaml'))).toBe(true);
  },
  'npx rollcall smoke --junit out/smoke.xml': async (line) => {
    const here = desk();
    await does(`${line} --platform android`, here); // all three in commands.test.ts
    expect(readFileSync(join(here.cwd, 'out/smoke.xml'), 'utf8')).toMatch(/failures="0"/);
  },
  'npx rollcall server --port 8443 --data ./authority --tenant scenarios/tenant.yaml': async (line) => {
    const here = await authority(line, { '--port 8443': '--port 0' });
    expect(existsSync(join(here.cwd, 'authority'))).toBe(true);
  },
  'npx rollcall server --mqtt-port 31000 --android-context /hmdm': async (line) => {
    const { server } = await authority(line, { '--mqtt-port 31000': '--mqtt-port 0' });
    expect(server.said).toMatch(/enroll an Android device +https:\S+\/hmdm\/rest\/public\/qr\/json\/default\?create=1/);
  },
  [`${curl} https://localhost:8443/v1.0/deviceManagement/managedDevices`]: (line) =>
    atThePhone(async (here) => {
      const { value } = JSON.parse(await passes(type(line, here, { [stub]: here.url })));
      expect(value).toContainEqual(expect.objectContaining({ operatingSystem: expect.stringMatching(/^i/) }));
    }),
  [`${curl} -X POST https://localhost:8443/v1.0/deviceManagement/managedDevices/ID/remoteLock`]: (line) =>
    atThePhone(async (here) => {
      const once = 'npx rollcall device --state ./phone --once --json';
      const status = JSON.parse((await does(once, here)).out);
      const list = `${curl} ${here.url}/v1.0/deviceManagement/managedDevices?$filter=serialNumber%20eq%20'${status.serial}'`;
      const [device] = JSON.parse(await passes(type(list.replace('$filter', '\\$filter'), here))).value;
      expect(await passes(type(line, here, { [stub]: here.url, '/ID/': `/${device.id}/` }))).toBe('');
      const told = JSON.parse((await does(once, here)).out);
      expect(told.commands).toContainEqual(expect.objectContaining({ name: 'DeviceLock', status: 'done' }));
    }),
  'curl --cacert .rollcall/ca.pem https://localhost:8443/healthz': async (line) => {
    const here = await sharedAuthority();
    expect(await passes(type(line, here, { [stub]: here.url }))).toMatch(/ok/);
  },
};

describe.concurrent('the commands of the README', () => {
  const commands = [...new Set(commandsOf('README.md'))];

  it('are all tried here', () => {
    expect(commands.toSorted()).toEqual(Object.keys(typed).toSorted());
  });

  for (const [line, tried] of Object.entries(typed))
    it(`${line}: does what it says`, needing(hasCurl || !line.startsWith('curl'), 'curl'), () => tried(line));
});
