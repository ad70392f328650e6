import { expect, it } from 'vitest';
import type { DeviceState } from '../../../agent/index.js';
import { challengesIn } from '../../../fleet/prepare/words.js';

it('a challenge of SCEP is a device’s own but where the tenant’s file says it', () => {
  const data = { requests: [{ challenge: '94A333981502' }, { challenge: 'secret' }, { challenge: 5 }] };
  const state = { holdings: [], link: { data } } as unknown as DeviceState;
  expect(challengesIn(state, new Set(['secret']))).toEqual(['94A333981502']);
});
