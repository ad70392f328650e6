import { describe, expect, it } from 'vitest';
import { descriptorLimit, openHealth, portsPerAddress, socketsOf, usedBy } from '../../fleet/metrics/health.js';

describe('the health of a generator', () => {
  it('tells what this process uses, and starts anew with each look', () => {
    const meter = openHealth();
    try {
      for (let ms = 1; ms <= 200; ms++) meter.late(ms);
      const taken = meter.take();
      expect(taken.lateP99Ms).toBe(198);
      expect(taken.rssBytes).toBeGreaterThan(10_000_000);
      expect(taken.heapBytes).toBeGreaterThan(1_000_000);
      expect(taken.cpu).toBeGreaterThanOrEqual(0);
      expect(meter.take().lateP99Ms).toBe(0);
    } finally {
      meter.close();
    }
  });

  it('keeps lateness within bounds, whatever comes', () => {
    const meter = openHealth();
    for (let k = 0; k < 100_000; k++) meter.late(k < 50_000 ? 1 : 500);
    expect(meter.take().lateP99Ms).toBe(500);
    meter.close();
  });

  it('reads what the system says of sockets, descriptors, ports and other processes', () => {
    expect(socketsOf('sockets: used 80\nTCP: inuse 12 orphan 0 tw 30 alloc 14 mem 2\nUDP: inuse 3 mem 0\n')).toBe(42);
    expect(descriptorLimit('Max open files            1024                 524288               files \n')).toBe(1024);
    expect(
      descriptorLimit('Max open files            unlimited            unlimited            files \n'),
    ).toBeUndefined();
    expect(portsPerAddress('32768\t60999\n')).toBe(28_232);
    expect(portsPerAddress('')).toBeUndefined();
    const stat = `7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 11 0 1 900 25 18446744073709551615`;
    expect(usedBy(7, stat)).toEqual({ cpuMs: 2000, rssBytes: 25 * 4096 });
    expect(usedBy(7, '')).toBeUndefined();
  });
});
