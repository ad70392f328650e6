import { expect, it } from 'vitest';
import type { ApplicationSetting } from '../../../protocol/headwind/types.js';
import { bundlesOf } from '../../../protocol/managed-config/read.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';

interface Case {
  readonly rows: readonly ApplicationSetting[];
  readonly expect: Readonly<Record<string, unknown>>;
}

describeWithFixtures('what launcher 6.36 hands to an app', () => {
  const { cases } = JSON.parse(fixture('android/managed-config-table.json').toString('utf8')) as { cases: Case[] };

  it('is what the table says, row by row', () => {
    expect(cases.length).toBeGreaterThan(9);
    for (const { rows, expect: expected } of cases) {
      const read = bundlesOf(rows, { number: 'h0101' }).get('com.example.app');
      expect(JSON.parse(JSON.stringify(read?.bundle)), JSON.stringify(rows)).toEqual(expected);
    }
  });
});
