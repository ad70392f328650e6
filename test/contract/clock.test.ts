import { manualClock, realClock, scaledClock } from '../../base/clock.js';
import { MovableClock } from '../../base/movable-clock.js';
import { openTenantClock } from '../../server-stub/tenant-clock.js';
import { clockContract } from './clock.js';

clockContract('manual', () => {
  const clock = manualClock(1_790_000_000_000);
  return { clock, pass: (ms) => clock.advance(ms) };
});

clockContract('scaled', () => {
  const clock = scaledClock({ scale: 10_000 });
  return { clock, pass: (ms) => clock.sleep(ms) };
});

// The real clock has no way to hurry: the same suite with times a five-hundredth as long, which no pause of a busy machine turns round.
clockContract('real, in short', () => {
  const shorten = (ms: number): number => ms / 500;
  return {
    clock: {
      now: () => realClock.now() * 500,
      sleep: (ms, signal) => realClock.sleep(shorten(ms), signal),
      after: (ms, call) => realClock.after(shorten(ms), call),
    },
    pass: (ms) => realClock.sleep(shorten(ms) + 5),
  };
});

clockContract('movable, standing still', () => {
  const clock = new MovableClock({ base: manualClock(5), at: 1_790_000_000_000, scale: 0 });
  return { clock, pass: (ms) => clock.advanceTo(clock.now() + ms) };
});

clockContract('movable, at a pace of its own', () => {
  const base = manualClock(1_790_000_000_000);
  const clock = new MovableClock({ base, scale: 3600 });
  return { clock, pass: (ms) => base.advance(Math.ceil(ms / 3600) + 1) };
});

clockContract('of a tenant, moved by hand', () => {
  const clock = openTenantClock({ setting: 'manual' });
  return { clock, pass: (ms) => clock.advance(ms) };
});

clockContract('of a tenant, scaled', () => {
  const clock = openTenantClock({ setting: 10_000 });
  return { clock, pass: (ms) => clock.sleep(ms) };
});
