// npm run bench [-- check-in | enroll | memory] [--devices N] [--pairs N] [--json]
// Ratios measured in one run against a floor of the same run; see docs/performance.md.
import { parseArgs } from 'node:util';
import { benchCheckIn } from './check-in.js';
import type { Ratio } from './cpu.js';
import { benchEnroll } from './enroll.js';
import { benchMemory } from './memory.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    devices: { type: 'string', default: '20000' },
    pairs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const wanted = positionals.length > 0 ? positionals : ['check-in', 'enroll', 'memory'];
const pairs = Number(values.pairs);
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
if (wanted.includes('enroll')) {
  note('enrollments against the same cryptography ...');
  const figure = await benchEnroll(120, pairs);
  result['enroll'] = figure;
  lines.push(showRatio('enrollments', 0.6, figure));
}
if (wanted.includes('memory')) {
  const devices = Number(values.devices);
  note(`memory of ${devices} idle enrolled devices ...`);
  const figure = await benchMemory(devices, (done) => note(`  ${done} enrolled`));
  result['memory'] = figure;
  lines.push(
    `${'idle enrolled device'.padEnd(28)} ${(figure.bytesPerDevice / 1024).toFixed(2)} KiB of RSS at ${figure.devices} devices (goal 4); ${Math.round(figure.packedBytes)} bytes of it its state; enrolled at ${figure.enrollmentsPerSecond.toFixed(0)} a second`,
  );
}
process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : `${lines.join('\n')}\n`);
