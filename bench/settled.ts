/** Resident memory of this process once everything that can go has gone: the least of several readings. */
export async function settledRss(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < 8; k++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
    least = Math.min(least, process.memoryUsage.rss());
  }
  return least;
}
