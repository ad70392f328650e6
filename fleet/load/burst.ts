import type { ArrivalTimes } from './arrivals.js';

/** Everybody at one instant. */
export const burst = (): ArrivalTimes => () => 0;
