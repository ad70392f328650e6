/** CPU time of this process in seconds, user and system, all threads. */
export const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

export interface Round {
  /** Work done per CPU second. */
  readonly perCpuSecond: number;
}

/** Runs `act` for k = 0 .. count-1, `wide` at a time, and says how much of it one CPU second pays for. */
export async function round(count: number, wide: number, act: (k: number) => Promise<void>): Promise<Round> {
  const before = cpuSeconds();
  let next = 0;
  const lane = async () => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: wide }, lane));
  return { perCpuSecond: count / (cpuSeconds() - before) };
}

/** The middle one of the values, the upper of two. */
export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

export interface Ratio {
  readonly ours: number;
  readonly floor: number;
  /** Median of the ratios pair by pair: what stays when the machine's speed drifts. */
  readonly ratio: number;
  readonly ratios: readonly number[];
}

/** Measures ours and the floor in turn, `pairs` times after one warm-up of each. */
export async function compare(pairs: number, ours: () => Promise<Round>, floor: () => Promise<Round>): Promise<Ratio> {
  await ours();
  await floor();
  const measured: { ours: number; floor: number }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const a = (await ours()).perCpuSecond;
    const b = (await floor()).perCpuSecond;
    measured.push({ ours: a, floor: b });
  }
  return {
    ours: median(measured.map((each) => each.ours)),
    floor: median(measured.map((each) => each.floor)),
    ratio: median(measured.map((each) => each.ours / each.floor)),
    ratios: measured.map((each) => each.ours / each.floor),
  };
}
