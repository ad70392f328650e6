import { expect, it } from 'vitest';
import { DeviceLogs } from '../../../server-stub/android/logs.js';

const line = (message: string) => ({ timestamp: 0, logLevel: 3, packageId: 'com.hmdm.launcher', message });

it('the newest lines of each device are kept, cut where they are too long', () => {
  const logs = new DeviceLogs({ lines: 3, message: 4 });
  logs.add('a', [line('one'), line('two')]);
  logs.add('a', [line('three'), line('four')]);
  expect(logs.of('a').map(({ message }) => message)).toEqual(['two', 'thre', 'four']);
  expect(logs.of('b')).toEqual([]);
});

it('of too many lines those go first whose device has been silent longest', () => {
  const logs = new DeviceLogs({ lines: 3, allLines: 5 });
  const three = [line('1'), line('2'), line('3')];
  logs.add('a', three);
  logs.add('b', [line('1')]);
  logs.add('a', [line('4')]);
  logs.add('c', [line('1'), line('2')]);
  expect(['a', 'b', 'c'].map((id) => logs.of(id).length)).toEqual([3, 0, 2]);
  logs.drop('a');
  logs.add('d', three);
  expect(['a', 'c', 'd'].map((id) => logs.of(id).length)).toEqual([0, 2, 3]);
});
