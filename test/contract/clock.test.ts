import { manualClock, realClock, scaledClock } from '../../base/clock.js';
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
