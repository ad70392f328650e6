// npm run bench [-- check-in | check-in-kept | check-in-windows | check-in-android | enroll | enroll-windows | enroll-android | durable | memory | push | mqtt |
// handshake | restore | authority | admission | recording | scale] [--platform ios | windows | android | mixed] [--devices N] [--open-devices N] [--pairs N] [--handshakes N] [--push-rate N] [--mqtt-devices N] [--kept-devices N] [--profile FILE] [--json]; --platform is of memory, recording and scale
// Ratios measured in one run against a floor of the same run; see docs/performance.md.
import { parseArgs } from 'node:util';
import { emulated } from '../agent/index.js';
import { benchAdmission } from './admission.js';
import { type AuthorityReading, benchAuthority } from './authority.js';
import { benchCheckIn } from './check-in.js';
import { benchAndroidCheckIn } from './check-in-android.js';
import { benchCheckInKept } from './check-in-kept.js';
import { benchWindowsCheckIn } from './check-in-windows.js';
import type { Ratio } from './cpu.js';
import { benchDurable } from './durable.js';
import { benchEnroll } from './enroll.js';
import { benchAndroidEnroll } from './enroll-android.js';
import { benchWindowsEnroll } from './enroll-windows.js';
import { benchHandshake } from './handshake.js';
import { benchMemory } from './memory.js';
import { benchMqtt } from './mqtt.js';
import { benchPush } from './push.js';
import { benchRecording } from './recording.js';
import { benchRestore } from './restore.js';
import { benchScale } from './scale.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    devices: { type: 'string', default: '20000' },
    platform: { type: 'string', default: 'ios' },
    'open-devices': { type: 'string', default: '100000' },
    pairs: { type: 'string', default: '5' },
    'push-devices': { type: 'string', default: '100000' },
    'push-rate': { type: 'string', default: '10000' },
    'mqtt-devices': { type: 'string', default: '2000' },
    'kept-devices': { type: 'string', default: '200' },
    profile: { type: 'string' },
    handshakes: { type: 'string', default: '30000' },
    json: { type: 'boolean', default: false },
  },
});
const all = [
  'check-in',
  'check-in-kept',
  'check-in-windows',
  'check-in-android',
  'enroll',
  'enroll-windows',
  'enroll-android',
  'durable',
  'memory',
  'push',
  'mqtt',
  'handshake',
  'restore',
  'authority',
  'admission',
  'recording',
  'scale',
];
const wanted = positionals.length > 0 ? positionals : all;
const pairs = Number(values.pairs);
const platforms = [...emulated, 'mixed'] as const;
const platform = platforms.find((name) => name === values.platform);
if (platform === undefined) throw new Error(`--platform is one of ${platforms.join(', ')}`);
const note = (text: string) => process.stderr.write(`${text}\n`);
const result: Record<string, unknown> = { node: process.version };

const showRatio = (what: string, goal: number, figure: Ratio) =>
  `${what.padEnd(28)} ${figure.ratio.toFixed(2)} of the floor (goal ${goal}); ${figure.ours.toFixed(0)} against ${figure.floor.toFixed(0)} per CPU second; pairs ${figure.ratios.map((each) => each.toFixed(2)).join(' ')}`;
const lines: string[] = [];

if (wanted.includes('check-in')) {
  note('check-in sessions against a bare loop of the same requests ...');
  const figure = await benchCheckIn(600, pairs);
  result['checkIn'] = figure;
  lines.push(showRatio('check-in sessions', 0.7, figure));
}
if (wanted.includes('check-in-kept')) {
  const devices = Number(values['kept-devices']);
  note(`check-ins of ${devices} iPhones over kept connections, in signatures ...`);
  const figure = await benchCheckInKept({ devices, pairs, profile: values.profile });
  result['checkInKept'] = figure;
  lines.push(
    `${'check-ins, kept connections'.padEnd(28)} ${figure.signatures.toFixed(2)} RSA-2048 signatures each (goal 2.4 at most); ${figure.checkInMs.toFixed(2)} against ${figure.signatureMs.toFixed(2)} ms of CPU; ${figure.checkIns} check-ins, ${figure.connections} connections opened; pairs ${figure.pairs.map((each) => each.toFixed(2)).join(' ')}`,
  );
}
if (wanted.includes('check-in-windows')) {
  note('Windows sessions against a bare loop of the same package 1 ...');
  const figure = await benchWindowsCheckIn(600, pairs);
  result['checkInWindows'] = figure;
  lines.push(showRatio('check-in sessions, Windows', 0.7, figure));
}
if (wanted.includes('check-in-android')) {
  note('Android sessions against a bare loop of the same requests ...');
  const figure = await benchAndroidCheckIn(600, pairs);
  result['checkInAndroid'] = figure;
  lines.push(showRatio('check-in sessions, Android', 0.7, figure));
}
if (wanted.includes('enroll')) {
  note('enrollments against the same cryptography ...');
  const figure = await benchEnroll(120, pairs);
  result['enroll'] = figure;
  lines.push(showRatio('enrollments', 0.6, figure));
}
if (wanted.includes('enroll-windows')) {
  note('Windows enrollments against the same cryptography ...');
  const figure = await benchWindowsEnroll(120, pairs);
  result['enrollWindows'] = figure;
  lines.push(showRatio('enrollments, Windows', 0.6, figure));
}
if (wanted.includes('enroll-android')) {
  note('Android enrollments against the same requests and cryptography ...');
  const figure = await benchAndroidEnroll(120, pairs);
  result['enrollAndroid'] = figure;
  lines.push(showRatio('enrollments, Android', 0.6, figure));
}
if (wanted.includes('durable')) {
  note('enrollments at a stub with a data folder against one without ...');
  const figure = await benchDurable(120, pairs);
  result['durable'] = figure;
  lines.push(
    `${'enrollments kept on disk'.padEnd(28)} ${figure.ratio.toFixed(2)} of those without a data folder (goal 0.8); ${figure.stored.toFixed(0)} against ${figure.kept.toFixed(0)} per second; pairs ${figure.ratios.map((each) => each.toFixed(2)).join(' ')}`,
  );
}
if (wanted.includes('memory')) {
  const devices = Number(values.devices);
  note(`memory of ${devices} idle enrolled ${platform} devices ...`);
  const figure = await benchMemory(platform, devices, note);
  result['memory'] = figure;
  lines.push(
    `${`idle enrolled ${platform} device`.padEnd(28)} ${(figure.bytesPerDevice / 1024).toFixed(2)} KiB of RSS at ${figure.devices} devices (goal 4); ${Math.round(figure.packedBytes)} bytes of it its state; put back in ${figure.restoreCpuSeconds.toFixed(1)} s of CPU`,
  );
}
if (wanted.includes('push')) {
  const devices = Number(values['push-devices']);
  note(`${devices} devices woken on 4 connections, against a bare server ...`);
  const figure = await benchPush({ devices, pairs, askedPerSecond: Number(values['push-rate']) }, note);
  result['push'] = figure;
  const { woken, twice, missing, ratio, perSecond, floorPerSecond, askedPerSecond, reachedPerSecond } = figure;
  lines.push(
    `${'devices woken in one pass'.padEnd(28)} ${woken} of ${devices}, ${twice} twice, ${missing} missing in any pass; registered in ${figure.registerMs.toFixed(0)} ms, taken in ${figure.takeMs.toFixed(0)} ms, longest pause while sending ${figure.longestPauseMs.toFixed(0)} ms`,
    `${'push fan-out'.padEnd(28)} ${ratio.toFixed(2)} of the floor (goal 0.2); ${perSecond.toFixed(0)} against ${floorPerSecond.toFixed(0)} per second; pairs ${figure.ratios.map((each) => each.toFixed(2)).join(' ')}`,
    `${'push rate'.padEnd(28)} ${(reachedPerSecond / askedPerSecond).toFixed(3)} of what was asked for (goal 0.95 to 1.05); ${reachedPerSecond.toFixed(0)} of ${askedPerSecond} per second`,
  );
}
if (wanted.includes('mqtt')) {
  const devices = Number(values['mqtt-devices']);
  note(`${devices} devices that wait at an MQTT broker, against bare mqtt.js ...`);
  const figure = await benchMqtt({ devices, pairs }, note);
  result['mqtt'] = figure;
  const kib = (bytes: number) => (bytes / 1024).toFixed(1);
  const each = (of: (pair: (typeof figure.pairs)[number]) => number) =>
    figure.pairs.map((pair) => of(pair).toFixed(2)).join(' ');
  lines.push(
    `${'MQTT connection open'.padEnd(28)} ${figure.memoryRatio.toFixed(2)} of bare mqtt.js (goal 1.1 at most); ${kib(figure.bytes)} against ${kib(figure.bareBytes)} KiB of RSS at ${devices} devices; pairs ${each(({ ours, bare }) => ours.bytesEach / bare.bytesEach)}`,
    `${'MQTT connections'.padEnd(28)} ${figure.connectRatio.toFixed(2)} of bare mqtt.js (goal 0.9); ${figure.perCpuSecond.toFixed(0)} against ${figure.barePerCpuSecond.toFixed(0)} per CPU second; pairs ${each(({ ours, bare }) => ours.perCpuSecond / bare.perCpuSecond)}`,
  );
}
if (wanted.includes('handshake')) {
  const handshakes = Number(values.handshakes);
  note(`growth by ${handshakes} mTLS handshakes, with the client's certificate read and without ...`);
  const figure = await benchHandshake({ handshakes, pairs: Math.min(pairs, 3) }, note);
  result['handshake'] = figure;
  const kib = (bytes: number) => (bytes / 1024).toFixed(2);
  lines.push(
    `${'memory after mTLS handshakes'.padEnd(28)} ${figure.ratio.toFixed(2)} of the floor (goal 1.1) after ${handshakes}; a handshake adds ${kib(figure.look)} against ${kib(figure.blind)} KiB (${figure.slopeRatio.toFixed(2)}); pairs ${figure.pairs.map(({ look, blind }) => `${kib(look)}/${kib(blind)}`).join(' ')}`,
  );
}
if (wanted.includes('restore')) {
  const devices = Number(values.devices);
  note(`memory of ${devices} devices at the authority, live and restored ...`);
  const figure = await benchRestore(devices);
  result['restore'] = figure;
  const kib = ({ bytesPerDevice }: { readonly bytesPerDevice: number }) => (bytesPerDevice / 1024).toFixed(2);
  lines.push(
    `${'restored device'.padEnd(28)} ${figure.ratio.toFixed(2)} of a live one (goal 1.1 at most); ${kib(figure.restored)} against ${kib(figure.live)} KiB of RSS at ${figure.devices} devices`,
  );
  const many = Number(values['open-devices']);
  note(`${many} devices written, and a start with them ...`);
  const opening = await benchRestore(many);
  result['opening'] = opening;
  const { seconds, cpuSeconds } = opening.restored;
  lines.push(
    `${'start with a data folder'.padEnd(28)} ${seconds.toFixed(1)} s for ${many} devices (goal 10), of which ${cpuSeconds.toFixed(1)} s of CPU; written in ${opening.live.seconds.toFixed(0)} s; ${kib(opening.restored)} against ${kib(opening.live)} KiB of RSS each`,
  );
}
if (wanted.includes('authority')) {
  const most = Number(values['open-devices']);
  const shapes = [
    ...[most / 100, most / 10, most].map((devices) => ({ devices, groups: 0, policies: 0 })),
    { devices: most, groups: 200, policies: 300 },
  ];
  const readings: AuthorityReading[] = [];
  for (const shape of shapes) {
    note(`an authority with ${shape.devices} devices, ${shape.groups} groups, ${shape.policies} policies ...`);
    readings.push(await benchAuthority(shape));
  }
  result['authority'] = readings;
  const smallest = readings[0]?.cpuMs ?? 1;
  for (const {
    devices,
    groups,
    cpuMs,
    openSeconds,
    getMs,
    switchMs,
    firstSwitchMs,
    licenceMs,
    longestPauseMs,
  } of readings)
    lines.push(
      `${`authority, ${devices} devices${groups === 0 ? '' : `, ${groups} groups`}`.padEnd(28)} ${cpuMs.toFixed(2)} ms of CPU a session, ${(cpuMs / smallest).toFixed(2)} of the smallest (goal 1.15 at most); opened in ${openSeconds.toFixed(1)} s (goal 10); organization in ${getMs.toFixed(1)} ms, switch in ${switchMs.toFixed(1)} (goal 5 times; the first ${firstSwitchMs.toFixed(1)}), licences of a group in ${licenceMs.toFixed(1)}; longest pause ${longestPauseMs.toFixed(0)} ms (goal 200)`,
    );
}
if (wanted.includes('admission')) {
  const most = Number(values['open-devices']);
  note(`who may enroll, in tenants of ${most / 100} and ${most} users, restrictions and failures ...`);
  const figure = await benchAdmission([most / 100, most], pairs);
  result['admission'] = figure;
  const { readings, enrollRatio, refuseRatio } = figure;
  const us = (key: 'enrollUs' | 'refuseUs') => readings.map((each) => each[key].toFixed(0)).join(' and ');
  lines.push(
    `${'admission in a large tenant'.padEnd(28)} ${enrollRatio.toFixed(2)} of that in a small one (goal 1.15 at most), a refusal ${refuseRatio.toFixed(2)}; ${us('enrollUs')}, ${us('refuseUs')} us of CPU with ${readings.map(({ size }) => size).join(' and ')} of all; pairs ${figure.pairs.map(({ enroll, refuse }) => `${enroll.toFixed(2)}/${refuse.toFixed(2)}`).join(' ')}`,
  );
}
if (wanted.includes('recording')) {
  note(`an engine's time for due times and figures, ${platform} devices ...`);
  const figure = await benchRecording(platform, { devices: 300, seconds: 4 * pairs });
  result['recording'] = figure;
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  lines.push(
    `${'due times and figures'.padEnd(28)} ${percent(figure.share)} of the engine's time (goal 5 % at most): ${percent(figure.scheduler)} due times and phases, ${percent(figure.recorder)} the recorder, ${percent(figure.messages)} telling it; ${figure.checkIns} check-ins of ${platform} devices, ${figure.calls} samples, ${figure.deltas} deltas`,
  );
}
if (wanted.includes('scale')) {
  const most = Number(values['open-devices']);
  const readings = await benchScale(platform, [most / 100, most / 10, most], note);
  result['scale'] = readings;
  const smallest = readings[0]?.cpuMs ?? 1;
  for (const { devices, cpuMs, rounds, readyCpuSeconds } of readings)
    lines.push(
      `${`check-in among ${devices}`.padEnd(28)} ${(cpuMs / smallest).toFixed(2)} of that among the fewest (goal 1.15 at most); ${cpuMs.toFixed(2)} ms of the engine's CPU; rounds ${rounds.map((each) => each.toFixed(2)).join(' ')}; ready in ${readyCpuSeconds.toFixed(1)} s of CPU`,
    );
}
process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : `${lines.join('\n')}\n`);
