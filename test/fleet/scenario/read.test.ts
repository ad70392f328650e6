import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { emulated } from '../../../agent/index.js';
import { RollcallError } from '../../../base/errors.js';
import { withDevices } from '../../../fleet/scenario/devices.js';
import { scenarioJsonSchema } from '../../../fleet/scenario/json-schema.js';
import { deviceTotal } from '../../../fleet/scenario/model.js';
import { readScenario } from '../../../fleet/scenario/read.js';
import { smokePlan } from '../../../fleet/scenario/smoke.js';
import { readUserRows } from '../../../fleet/scenario/users.js';

const folder = new URL('../../../scenarios/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const ready = readdirSync(folder).filter((name) => !name.startsWith('tenant'));

function mistakes(text: string): string[] {
  try {
    readScenario(text, { file: 's.yaml' });
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    expect(error.code).toBe('SCENARIO_INVALID');
    return error.message.split('\n  ').slice(1);
  }
  return [];
}
const small = (rest: string) => `name: x\ndevices: { ios: 3 }\n${rest}`;

describe('a scenario', () => {
  it.each(ready)('%s can be run as it is, and editors know its schema', (name) => {
    const text = read(name);
    expect(deviceTotal(readScenario(text, { folder: fileURLToPath(folder) }))).toBeGreaterThan(0);
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../docs/schema/scenario.json');
  });

  it('is there ready-made for the main jobs', () => {
    expect(ready).toEqual(
      expect.arrayContaining(
        ['day', 'herd', 'push-herd', 'smoke', 'soak', 'start', 'switch'].map((name) => `${name}.yaml`),
      ),
    );
  });

  it('with a tenant of its own begins as that says, and does not know how', () => {
    const plan = readScenario(read('start.yaml'), { folder: fileURLToPath(folder) });
    expect(plan).toMatchObject({ authority: 'unknown', tenant: fileURLToPath(new URL('tenant-start.yaml', folder)) });
    expect(readScenario(small('steps: [{ enroll: {} }]')).authority).toBe('intune');
  });

  it('of a day is read as it is written', () => {
    const plan = readScenario(read('day.yaml'));
    expect(
      plan.groups.map(({ name, count, supervised, infoEveryMs }) => [name, count, supervised, infoEveryMs]),
    ).toEqual([
      ['ios', 500, 0.2, undefined],
      ['windows', 300, undefined, undefined],
      ['android', 200, undefined, 3_600_000],
    ]);
    expect(plan.phases.map(({ name, scale, forMs }) => [name, scale, forMs])).toEqual([
      ['enroll', 1, undefined],
      ['day', 1440, 86_400_000],
      ['leave', 1, undefined],
    ]);
    const day = plan.phases[1];
    expect(day?.steps.map(({ name, atMs }) => [name, atMs / 3_600_000])).toEqual([
      ['check-in', 0],
      ['use', 0],
      ['change', 9],
      ['switch', 12],
      ['herd', 18],
    ]);
    expect(day?.steps[0]).toMatchObject({ pace: { kind: 'schedule', jitter: 0.1 } });
    expect(day?.steps[1]).toMatchObject({ thinkTime: { kind: 'normal', mean: 3_600_000, deviation: 600_000 } });
    expect(day?.steps[3]).toMatchObject({ to: 'intune', offline: { share: 0.1, forMs: 10_800_000 } });
    expect(day?.steps[4]).toMatchObject({ of: { share: 0.3 } });
    expect(day?.faults).toEqual([
      { share: 0.01, kind: 'connection-dropped', probability: 0.05 },
      { share: 0.01, kind: 'clock', skewMs: -600_000 },
    ]);
    expect(plan.phases[0]?.steps[0]).toMatchObject({ pace: { arrivals: { shape: 'ramp', from: 20, to: 60 } } });
    expect(plan.users).toEqual({ devicesEach: 1 });
    expect(plan.thresholds).toContain('use.failures == 0');
    expect(plan.thresholds).not.toContain('enroll.failures == 0');
    expect(plan.abortOn).toEqual(['enroll.failures > 5%']);
    expect(plan.phases[1]).toSatisfy(Object.isFrozen);
  });

  it('tells all its mistakes at once, each with its place from 1, and what may have been meant', () => {
    const found = mistakes(`name: x
devices: { ios: 2, linux: 4 }
bogus: 1
concurrency: 0
phases:
  - enrol: {}
  - check-in: { over: fast, expect: [mail] }
  - switch: { to: intun }
thresholds: [ "check-in.p98x < 1s", check-in.p99 < soon ]
`);
    expect(found.map((line) => line.split(': ').slice(0, 2).join(' '))).toEqual([
      's.yaml:2:20 devices.linux',
      's.yaml:3:1 bogus',
      's.yaml:4:14 concurrency',
      's.yaml:6:5 phases[0].enrol',
      's.yaml:7:23 phases[1].check-in.over',
      's.yaml:7:38 phases[1].check-in.expect[0]',
      's.yaml:8:19 phases[2].switch.to',
      expect.stringMatching(/^s\.yaml:9:2\d thresholds\[0\]/),
      expect.stringMatching(/^s\.yaml:9:(?:4[89]|5\d) thresholds\[1\]/),
    ]);
    expect(found[3]).toContain('did you mean enroll?');
    expect(found[6]).toContain('did you mean intune?');
  });

  it.each([
    ['leaves before it checks in', 'phases: [enroll, leave, check-in]', 'all devices have left by then'],
    ['checks in before it enrolls', 'phases: [check-in, enroll]', 'no device is enrolled yet'],
    ['goes on for ever', 'phases: [enroll, { check-in: { every: 1h } }]', 'would go on for ever'],
    ['paces twice', 'phases: [{ enroll: { over: 1s, closed: { users: 2 } } }]', 'says otherwise than over'],
    [
      'switches to what it has',
      'authority: intune\nphases: [enroll, { switch: intune }]',
      'the authority is intune already',
    ],
    [
      'begins after its day',
      'phases: [enroll, { day: { for: 1h, do: [{ herd: { at: 2h } }] } }]',
      'after the end of the day',
    ],
    [
      'begins when its day ends',
      'phases: [enroll, { day: { for: 1h, do: [{ herd: { at: 1h } }] } }]',
      'after the end of the day',
    ],
    [
      'needs more than there are',
      'phases: [{ enroll: { arrive: { constant: 1/s, total: 4 } } }]',
      'more than the 3 devices',
    ],
    ['is for nobody', 'phases: [{ enroll: { platforms: [android] } }]', 'there are no android devices'],
    [
      'is for ever renewed',
      'phases: [enroll, { day: { do: [{ use: { kinds: [wifi], every: 1h } }] } }]',
      'would go on for ever',
    ],
  ])('that %s is refused', (_, rest, words) => {
    expect(mistakes(small(rest)).join('\n')).toContain(words);
  });

  it('without an enrollment is for a fleet that is enrolled', () => {
    expect(mistakes(small('phases: [check-in, leave]'))).toEqual([]);
  });

  it('repeats phases, and steps of a day, under names of their own', () => {
    const plan = readScenario(
      small(`phases:
  - enroll
  - repeat: { times: 2, do: [check-in, { wait: 5m }] }
  - day: { for: 10h, do: [{ herd: { at: 1h, every: 4h } }] }`),
    );
    expect(plan.phases.flatMap(({ steps }) => steps.map(({ name }) => name))).toEqual([
      'enroll',
      'check-in',
      'wait',
      'check-in (2)',
      'wait (2)',
      'herd',
      'herd (2)',
      'herd (3)',
    ]);
    expect(plan.phases.at(-1)?.steps.map(({ atMs }) => atMs / 3_600_000)).toEqual([1, 5, 9]);
  });

  it.each(['embedded', 'stub', 'other'] as const)('is made for smoke at %s', (place) => {
    expect(deviceTotal(smokePlan(emulated, place))).toBe(18);
  });
});

describe('--devices', () => {
  const { groups } = readScenario(read('day.yaml'));
  it('gives other counts to the groups of the scenario', () => {
    expect(withDevices(groups, 'ios:50,android:20').map(({ name, count, os }) => [name, count, os])).toEqual([
      ['ios', 50, '17.5'],
      ['android', 20, '14'],
    ]);
    expect(withDevices(groups, '101').map(({ count }) => count)).toEqual([51, 30, 20]);
  });

  it.each(['', 'ios', 'ios:x', 'linux:3', 'ios:0', 'ios:9999999'])('refuses "%s"', (text) => {
    expect(() => withDevices(groups, text)).toThrow(/--devices/);
  });
});

describe('a users’ file', () => {
  it('has a user, and what else it names, in each row', () => {
    const { rows, problems } = readUserRows('user,password,site\r\na@x,"p,""1",Bonn\r\n\r\nb@x,,"Two\nlines"\n');
    expect(problems).toEqual([]);
    expect(rows).toEqual([
      { user: 'a@x', password: 'p,"1', values: { site: 'Bonn' } },
      { user: 'b@x', values: { site: 'Two\nlines' } },
    ]);
  });

  it.each([
    ['', '1: the file is empty'],
    ['users\na', '1: no column is called user; did you mean user?'],
    ['user,site\na,b\nc', '3: 1 fields, and the header has 2'],
    ['user\n"a', '2:1: a quote stands'],
    ['user,user\na,b', '1: two columns are called "user"'],
    ['user,x\n ,b', '2: the user is empty'],
    ['user', '2: no user is listed'],
  ])('that is wrong is told with its line: %j', (text, problem) => {
    expect(readUserRows(text).problems[0]).toContain(problem);
  });
});

it('docs/schema/scenario.json is what the description says (vitest -u writes it anew)', async () => {
  await expect(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
    '../../../docs/schema/scenario.json',
  );
});
