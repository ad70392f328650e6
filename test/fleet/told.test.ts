import { describe, expect, it } from 'vitest';
import { agentError, type DeviceEvent } from '../../agent/index.js';
import { ToldRecorder, type toldKinds } from '../../fleet/metrics/told.js';
import { Totals } from '../../fleet/metrics/totals.js';

const command = (name: string, more: Partial<Extract<DeviceEvent, { type: 'command' }>>): DeviceEvent => ({
  type: 'command',
  at: 0,
  name,
  id: '1',
  status: 'done',
  said: 'Acknowledged',
  changes: [],
  ...more,
});

/** As a summary has it: by kind, most frequent first. */
function figuresOf(recorder: ToldRecorder) {
  const totals = new Totals();
  totals.add({ counters: {}, samples: {}, maxima: {}, words: {}, told: recorder.take() });
  const all = totals.told().map(({ kind, ...figure }) => ({ kind, figure }));
  const of = (wanted: (typeof toldKinds)[number]) =>
    all.filter(({ kind }) => kind === wanted).map(({ figure }) => figure);
  return {
    refused: of('refused'),
    later: of('later'),
    trouble: of('trouble'),
    conventions: of('conventions'),
    lifted: of('lifted'),
  };
}

describe('what the devices of a run told', () => {
  it('tells of each enrollment that the authority ended, unless a step has it do so', () => {
    const report = { commands: 1, later: 0, requests: 2 };
    const told = [new ToldRecorder(), new ToldRecorder(undefined, true)];
    for (const each of told) {
      each.hear({ type: 'checked-in', at: 0, report });
      each.hear({ type: 'checked-in', at: 0, report: { ...report, left: 'removed' } });
    }
    expect(told.map((each) => figuresOf(each).trouble)).toEqual([
      [{ what: 'DEVICE_REMOVED', count: 1, sample: 'the authority ended the enrollment: removed' }],
      [],
    ]);
  });

  it('tells of each device that ended its enrollment by its own clock, unless a step has enrollments end', () => {
    const retired = { type: 'local-act', at: 0, command: { kind: 'retire' }, outcome: { status: 'done' } } as const;
    const removed = { ...retired, command: { kind: 'remove-profile', name: 'x' } };
    const told = [new ToldRecorder(), new ToldRecorder(undefined, true)];
    for (const each of told) for (const event of [retired, removed]) each.hear(event as DeviceEvent);
    expect(told.map((each) => figuresOf(each).trouble.map(({ what, count }) => `${what} ${count}`))).toEqual([
      ['DEVICE_REMOVED 1'],
      [],
    ]);
  });

  it('counts refusals, what was put off, trouble and what was lifted, with the first of each kind', () => {
    const told = new ToldRecorder();
    const error = [
      { domain: 'MCInstallationErrorDomain', code: 4001, message: 'no' },
      { domain: 'MCProfileErrorDomain', code: 1009, message: 'why' },
    ];
    told.hear(command('DeviceInformation', {}));
    told.hear(command('Settings', { status: 'later', said: 'NotNow', reason: 'the screen is locked' }));
    told.hear(command('RemoveProfile', { status: 'failed', said: 'Error' }));
    told.hear(command('InstallProfile', { status: 'failed', said: 'Error', error }));
    told.hear(command('InstallProfile', { status: 'failed', said: 'Error', reason: 'another' }));
    told.hear({ type: 'trouble', at: 0, code: 'PUSH_LOST', message: 'no push' });
    const leaving = { type: 'trouble', at: 0, code: 'LAUNCHER_DIFFERS', message: 'no word', about: 'leave' } as const;
    told.hear({ ...leaving, isConvention: true });
    told.hear({ ...leaving, isConvention: true });
    told.hear({ type: 'lifted', at: 0, lenient: 'tls', code: 'TLS_NAME', message: 'no name' });
    told.hear({ type: 'woken', at: 0 });
    told.hearLost(agentError('PUSH_LOST', 'the broker went'));
    told.hearLost(agentError('PUSH_DUPLICATE', 'two devices with one number'));
    expect(figuresOf(told)).toEqual({
      refused: [
        {
          what: 'InstallProfile',
          count: 2,
          sample: 'MCInstallationErrorDomain 4001: no <- MCProfileErrorDomain 1009: why',
        },
        { what: 'RemoveProfile', count: 1, sample: 'Error' },
      ],
      later: [{ what: 'Settings', count: 1, sample: 'the screen is locked' }],
      trouble: [
        { what: 'PUSH_LOST', count: 2, sample: 'no push' },
        { what: 'PUSH_DUPLICATE', count: 1, sample: 'two devices with one number' },
      ],
      conventions: [{ what: 'LAUNCHER_DIFFERS (leave)', count: 2, sample: 'no word' }],
      lifted: [{ what: 'TLS_NAME (tls)', count: 1, sample: 'no name' }],
    });
  });

  it('does not report that only the run itself trusts the stub that was started for it', () => {
    const trouble = { type: 'trouble', at: 0, code: 'TLS_UNTRUSTED', message: 'only --ca' } as const;
    const counted = (embedded?: string) => {
      const told = new ToldRecorder(embedded);
      told.hear({ ...trouble, about: 'https://localhost:1' });
      told.hear({ ...trouble, about: 'https://elsewhere' });
      return figuresOf(told).trouble[0]?.count;
    };
    expect([counted('https://localhost:1'), counted()]).toEqual([1, 2]);
  });

  it('keeps a bounded number of kinds, however many names an authority invents', () => {
    const told = new ToldRecorder();
    for (let k = 0; k < 1000; k++) told.hear(command(`Command${k}`, { status: 'failed', said: 'Error' }));
    const { refused } = figuresOf(told);
    expect(refused).toHaveLength(201);
    expect(refused[0]).toMatchObject({ what: 'others', count: 800 });
  });
});
