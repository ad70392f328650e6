import type { ArrivalTimes } from './arrival-times.js';

/** Everybody at one instant. */
export const burst = (): ArrivalTimes => () => 0;
