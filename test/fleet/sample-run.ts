import type { DeviceFailure } from '../../fleet/engine/messages.js';
import type { LogEvent } from '../../fleet/log/events.js';
import type { Delta, Health } from '../../fleet/metrics/delta.js';
import type { Figures, StepFigures, Summary } from '../../fleet/report/summary.js';
import type { FleetPlan } from '../../fleet/scenario/model.js';

// The events of a small run, as a coordinator writes them.

export const sampleHealth: Health = {
  loopP99Ms: 4,
  loopMaxMs: 9,
  lateP99Ms: 1,
  cpu: 0.4,
  rssBytes: 200e6,
  heapBytes: 80e6,
  descriptors: 60,
  sockets: 20,
  gcMs: 3,
};

export const samplePlan: FleetPlan = {
  version: 1,
  name: 'a day',
  seed: 'x',
  groups: [
    { name: 'ios', platform: 'ios', count: 6 },
    { name: 'windows', platform: 'windows', count: 4 },
  ],
  users: { devicesEach: 1 },
  authority: 'office365',
  keys: { pool: 4 },
  concurrency: 64,
  connections: 'per-session',
  phases: [
    {
      name: 'enroll',
      scale: 1,
      faults: [],
      steps: [
        {
          name: 'enroll',
          kind: 'enroll',
          atMs: 0,
          pace: { kind: 'open', arrivals: { shape: 'spread', overMs: 2000 } },
        },
      ],
    },
    {
      name: 'day',
      scale: 1440,
      forMs: 86_400_000,
      faults: [],
      steps: [
        {
          name: 'check-in',
          kind: 'check-in',
          atMs: 0,
          pace: { kind: 'every', everyMs: 28_800_000, jitter: 0.1 },
          expect: [],
        },
        { name: 'switch', kind: 'switch', atMs: 43_200_000, to: 'intune' },
      ],
    },
  ],
  thresholds: ['enroll.failures == 0', 'check-in.p99 < 800ms'],
  abortOn: [],
  omitted: [],
};

export const begun: LogEvent = {
  type: 'run',
  v: 1,
  runId: '0198f00d',
  at: '2026-11-27T08:00:00.000Z',
  versions: { rollcall: '0.1.0', node: '20.20.2' },
  machine: { cpu: 'a processor', cores: 2, memoryBytes: 8e9, platform: 'linux' },
  plan: samplePlan,
  scenario: 'version: 1\n',
  processes: 2,
  target: { url: 'https://localhost:8443', isEmbedded: false },
  lenient: [],
  isResumed: false,
};

export const ended: LogEvent = { type: 'end', atMs: 64_000, ending: 'completed', keys: 4 };

/** One delta of a shard: so many of each platform got through a step, in this time each. */
export const passed = (
  step: string,
  counts: Readonly<Record<string, number>>,
  ms: number,
  change: Partial<Delta> = {},
): Delta => ({
  atMs: 1000,
  scenarioMs: 1000,
  phase: 0,
  counters: Object.fromEntries(
    Object.entries(counts).map(([platform, count]) => [`${step}|${platform}|`, { passed: count, planned: count }]),
  ),
  samples: Object.fromEntries(
    Object.entries(counts).map(([platform, count]) => [
      `${step}|${platform}|`,
      { response: [[ms * 1000, count]], service: [[ms * 900, count]] },
    ]),
  ),
  maxima: {},
  words: {},
  told: [],
  health: sampleHealth,
  ...change,
});

export const sampleFailure: DeviceFailure = {
  index: 3,
  platform: 'windows',
  id: 'DESKTOP-7',
  step: 'enroll',
  code: 'ENROLL_REFUSED',
  message: 'the authority refuses: user <"7"> & co',
  reason: 'no licence \u001b[31mleft',
  atMs: 812.5,
  scenarioMs: 812,
};

/** A whole run of ten devices, one of which cannot enroll. */
export const sampleRun = (): LogEvent[] => [
  begun,
  { type: 'preparing', atMs: -900, what: 'keys', done: 4, total: 4 },
  { type: 'phase', atMs: 0, phase: 0, event: 'began', scenarioAt: '2026-11-27T08:00:00.000Z', scale: 1 },
  { type: 'delta', shard: 0, seq: 1, delta: passed('enroll', { ios: 3, windows: 2 }, 80) },
  {
    type: 'delta',
    shard: 1,
    seq: 1,
    delta: passed('enroll', { ios: 3 }, 120, {
      counters: {
        'enroll|ios|': { passed: 3, planned: 3 },
        'enroll|windows|': { passed: 1, failures: 1, planned: 2, 'error:ENROLL_REFUSED': 1 },
      },
      words: { 'enroll|windows| error:ENROLL_REFUSED': sampleFailure.message },
    }),
  },
  { type: 'failure', failure: sampleFailure },
  { type: 'phase', atMs: 2100, phase: 0, event: 'ended', scenarioAt: '2026-11-27T08:00:02.100Z', scale: 1 },
  { type: 'phase', atMs: 2200, phase: 1, event: 'began', scenarioAt: '2026-11-27T08:00:02.200Z', scale: 1440 },
  {
    type: 'delta',
    shard: 0,
    seq: 2,
    delta: passed('check-in', { ios: 6, windows: 3 }, 40, { atMs: 32_000, scenarioMs: 43_200_000, phase: 1 }),
  },
  { type: 'happened', atMs: 32_200, scenarioMs: 43_200_000, step: 'switch' },
  { type: 'phase', atMs: 62_200, phase: 1, event: 'ended', scenarioAt: '2026-11-28T08:00:02.200Z', scale: 1440 },
  ended,
];

const times = (ms: number) => ({ p50: ms, p95: ms * 3, p99: ms * 4, max: ms * 5, mean: ms * 1.2 });
const figures = (count: number, ms: number, change: Partial<Figures> = {}): Figures => ({
  counts: { passed: count },
  count,
  response: times(ms),
  service: times(ms * 0.9),
  errors: [],
  perSecond: count / 2,
  ...change,
});
export const sampleStep = (
  name: string,
  count: number,
  ms: number,
  change: Partial<StepFigures> = {},
): StepFigures => ({
  ...figures(count, ms),
  name,
  kind: name,
  phase: name,
  tookMs: 2100,
  isFinished: true,
  platforms: {},
  operations: {},
  ...change,
});

/** What that run came to. */
export const sampleSummary = (change: Partial<Summary> = {}): Summary => ({
  schema: 'rollcall-summary/1',
  runId: '0198f00d',
  scenario: 'a day',
  seed: 'x',
  outcome: 'failed',
  exitCode: 99,
  startedAt: '2026-11-27T08:00:00.000Z',
  tookMs: 64_000,
  versions: { rollcall: '0.1.0', node: '20.20.2' },
  machine: { cpu: 'a processor', cores: 2, memoryBytes: 8e9, platform: 'linux' },
  server: { url: 'https://localhost:8443', isEmbedded: true },
  processes: 2,
  lostShards: [],
  devices: {
    total: 10,
    groups: [
      { name: 'ios', platform: 'ios', count: 6 },
      { name: 'windows', platform: 'windows', count: 4 },
    ],
    enrolled: 9,
    failed: 1,
  },
  keys: { keys: 4, devices: 10 },
  steps: [
    sampleStep('enroll', 10, 80, {
      counts: { passed: 9, failures: 1, planned: 10, late: 2 },
      errors: [{ code: 'ENROLL_REFUSED', count: 1, words: sampleFailure.message }],
    }),
    sampleStep('check-in', 27, 40, { counts: { passed: 27, skipped: 1, planned: 10 }, phase: 'day' }),
    sampleStep('switch', 9, 1800, {
      counts: { passed: 9, moved: 9, away: 1, planned: 10 },
      phase: 'day',
      lasted: times(1_200_000),
    }),
  ],
  operations: {
    Authenticate: figures(6, 12),
    PKIOperation: figures(6, 30, { counts: { passed: 5, failures: 1 } }),
  },
  total: figures(130, 20, {
    counts: { requests: 130, sentBytes: 420_000, receivedBytes: 1_900_000, connections: 40, resumed: 30 },
  }),
  verdicts: [
    { threshold: 'enroll.failures == 0', passed: false, isJudged: true, actual: '1' },
    { threshold: 'check-in.p99 < 800ms', passed: true, isJudged: true, actual: '160 ms' },
  ],
  generator: {
    state: 'sound',
    isShared: true,
    reasons: [],
    loopP99Ms: 4,
    lateP99Ms: 1,
    cpuMax: 0.63,
    rssMaxBytes: 200e6,
    descriptorsMax: 60,
    saturatedSeconds: 0,
  },
  lenient: [],
  told: { refused: [], later: [], trouble: [], conventions: [], lifted: [] },
  omitted: [],
  failedDevices: [sampleFailure],
  scenarioText: 'version: 1\n',
  ...change,
});
