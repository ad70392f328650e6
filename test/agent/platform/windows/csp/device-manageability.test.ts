import { expect, it } from 'vitest';
import { deviceManageabilityModule } from '../../../../../agent/platform/windows/csp/device-manageability.js';
import type { CspSchema } from '../../../../../agent/platform/windows/tree/schema.js';

it('reads no tree when a process starts, for it may have no Windows device', () => {
  const read: string[] = [];
  const watched: CspSchema = {
    name: 'Reboot',
    get roots() {
      read.push('Reboot');
      return [];
    },
  };
  deviceManageabilityModule([watched]);
  expect(read).toEqual([]);
});
