/** Milliseconds that this process has computed so far. What else runs on the machine is not in it, unlike in the time of day. */
export function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
