/** Milliseconds after the step began at which arrival `k` of 0 .. total-1 is due. They do not fall as k grows. */
export type ArrivalTimes = (k: number) => number;
