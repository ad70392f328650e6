import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { operations } from '../../agent/index.js';
import { isMistake, readThreshold } from '../../fleet/metrics/grammar.js';
import { ownOperations } from '../../fleet/metrics/operations.js';
import { stepCounters, wireCounters } from '../../fleet/metrics/sink.js';
import { requestTypes } from '../../protocol/apple-mdm/request-types.js';
import { type PlatformName, platformNames } from '../../protocol/vocabulary.js';

const doc = readFileSync('docs/metrics.md', 'utf8');
const named = (line: RegExp): string[] =>
  [...(line.exec(doc)?.[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');

it('docs/metrics.md lists every counter, and no other', () => {
  const rows = [...doc.matchAll(/^\| `([A-Za-z]+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual([...stepCounters, ...wireCounters]);
});

it('docs/metrics.md lists every operation', () => {
  const titles: Readonly<Record<PlatformName, string>> = { ios: 'iOS', windows: 'Windows', android: 'Android' };
  for (const platform of platformNames)
    expect(named(new RegExp(`^- ${titles[platform]}: ([^]*?)\\n- `, 'm'))).toEqual(
      operations[platform].filter((name) => !(name in requestTypes)),
    );
  expect(named(/^- Of the run itself: ([\s\S]*?`)\. `push/m)).toEqual([...ownOperations]);
});

it('the thresholds of docs/metrics.md are read', () => {
  const steps = ['enroll', 'check-in', 'switch'].map((name) => ({ name }));
  const lines = [...doc.matchAll(/^ {4}(\S.*[<=>]=? \S.*)$/gm)]
    .map(([, text]) => text ?? '')
    .filter((text) => !text.startsWith('NAME'));
  expect(lines.length).toBe(5);
  for (const line of lines) expect(isMistake(readThreshold(line, { steps }))).toBe(false);
});
