import { describe, expect, it } from 'vitest';
import { alertNames, isSuccess, statusNames, statusText } from '../../../protocol/syncml/status.js';

describe('a status code', () => {
  it('is shown with its name, and without one where it has none', () => {
    expect(statusText('404')).toBe('404 Not found');
    expect(statusText(507)).toBe('507 Atomic failed');
    expect(statusText('999')).toBe('999');
    expect(statusText('constructor')).toBe('constructor');
  });

  it('has a name wherever Windows sends it', () => {
    const sent = [
      200, 202, 212, 213, 214, 215, 216, 400, 401, 403, 404, 405, 406, 407, 412, 413, 415, 416, 418, 420, 424, 425, 500,
      507, 508, 510, 516,
    ];
    expect(sent.filter((code) => statusNames[code] === undefined)).toEqual([]);
    expect(alertNames['1226']).toBe('Generic alert');
  });

  it('says success where something was done', () => {
    expect([200, 202, 212, 213].map(isSuccess)).toEqual([true, true, true, true]);
    expect([101, 214, 215, 216, 304, 404, 507, Number.NaN].some(isSuccess)).toBe(false);
  });
});
