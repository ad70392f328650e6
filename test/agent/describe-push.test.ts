import { expect, it } from 'vitest';
import { describePush } from '../../agent/console.js';
import { agentError } from '../../agent/errors.js';

it('a person is told whether a lost connection for pushes is tried again', () => {
  expect(describePush(undefined)).toBe('push: connected again');
  expect(describePush(new Error('reset'))).toBe('push: the connection is lost, and tried again: reset');
  const duplicate = describePush(agentError('PUSH_DUPLICATE', 'two devices have the same number'));
  expect(duplicate).toMatch(
    /given up until the device has checked in: two devices have the same number\n {2}\S.*another number/,
  );
  expect(duplicate).not.toContain('tried again');
});
