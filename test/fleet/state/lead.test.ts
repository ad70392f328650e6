import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { startEmbedded } from '../../../fleet/coordinator/embedded.js';
import { leadRun } from '../../../fleet/coordinator/lead.js';
import type { Summary } from '../../../fleet/report/summary.js';
import { readScenario } from '../../../fleet/scenario/read.js';
import { openFleetState } from '../../../fleet/state/folder.js';
import { rollcallHere } from '../../cli/in-process.js';
import { deviceKeys } from '../../support/keys.js';
import { openTarget } from '../stub.js';

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-fleet-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const scenario = (phases: string): string =>
  `name: t\nauthority: office365\ndevices: { ios: 2, windows: 1, android: 1, users: { devicesEach: 2 }, keys: { pool: 2 } }\nphases: ${phases}\n`;

it('a scenario that enrolls nobody runs with the devices of the run before, and removes what that one kept', async () => {
  const folder = temporary();
  const { authority, target } = await openTarget();
  const { folder: keysFolder } = deviceKeys(2);
  const run = async (phases: string): Promise<Summary> => {
    const state = openFleetState(folder);
    const { plan } = state.adopt(readScenario(scenario(phases)), { seed: false, devices: false });
    const { generation, settle } = state;
    const summary = await leadRun({
      plan,
      openTarget: async () => target,
      signal: new AbortController().signal,
      log: silentLog,
      ...(keysFolder === undefined ? {} : { keysFolder }),
      state: {
        folder,
        generation,
        isResumed: state.fleet !== undefined,
        begin: (each) => state.begin(plan, each),
        settle,
      },
    });
    state.close();
    return summary;
  };
  expect((await run('[{ enroll: {} }]')).outcome).toBe('passed');
  const devices = authority.tenant.devices().map(({ deviceId }) => deviceId);
  const next = await run('[{ check-in: { expect: [email] } }]');
  expect([next.outcome, next.steps[0]?.counts['passed']]).toEqual(['passed', 4]);
  expect(authority.tenant.devices().map(({ deviceId }) => deviceId)).toEqual(devices);
  expect(readdirSync(join(folder, 'devices'))).toEqual(['2-0']);
});

it('a scenario that enrolls nobody is refused without a fleet that is enrolled', async () => {
  const [folder, file] = [temporary(), join(temporary(), 's.yaml')];
  writeFileSync(file, scenario('[{ check-in: {} }]'));
  for (const more of [[], ['--state', folder]]) {
    const { code, err } = await rollcallHere(['fleet', 'run', file, '--quiet', ...more]);
    expect([code, err]).toEqual([2, expect.stringContaining('USAGE: t enrolls nobody')]);
  }
  openFleetState(folder).close(); // nobody has it any more
  const none = join(folder, 'none');
  expect((await rollcallHere(['fleet', 'run', file, '--quiet', '--state', none])).code).toBe(2);
  expect(existsSync(none)).toBe(false);
});

it('the fleet of another server is not looked for at an embedded stub', async () => {
  const [folder, file] = [temporary(), join(temporary(), 's.yaml')];
  writeFileSync(file, scenario('[{ enroll: {} }]'));
  const state = openFleetState(folder);
  await state.begin(readScenario(readFileSync(file, 'utf8')), { url: 'https://mdm.example', isEmbedded: false });
  state.close();
  const { code, err } = await rollcallHere(['fleet', 'run', file, '--quiet', '--state', folder]);
  expect([code, err]).toEqual([2, expect.stringContaining('the fleet is kept at https://mdm.example')]);
});

it('an embedded stub with kept data comes back at the ports that its devices remember', async () => {
  const file = join(temporary(), 'authority.mjs');
  const announced = {
    url: 'https://127.0.0.1:4001',
    pushUrl: 'wss://127.0.0.1:4001/push',
    ca: 'PEM',
    tokens: { administrator: 't' },
    announced: { android: { enroll: 'https://127.0.0.1:4001', mqtt: 'mqtt://127.0.0.1:4002' } },
  };
  const told = join(temporary(), 'arguments.json');
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs';
     writeFileSync(${JSON.stringify(told)}, JSON.stringify(process.argv.slice(2)));
     console.log(${JSON.stringify(JSON.stringify(announced))});
     process.stdin.resume().on('end', () => process.exit(0));`,
  );
  const target = await startEmbedded({
    self: [process.execPath, file],
    plan: readScenario(scenario('[{ enroll: {} }]')),
    signal: new AbortController().signal,
    data: '/kept',
    ports: { https: 4001, mqtt: 4002 },
  });
  await target.close();
  expect(target.mqttPort).toBe(4002);
  const given = (JSON.parse(readFileSync(told, 'utf8')) as string[]).join(' ');
  expect(given).toContain('server --port 4001 --push-port 0 --mqtt-port 4002 ');
  expect(given).toContain('--data /kept');
});
