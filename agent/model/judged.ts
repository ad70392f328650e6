// Which data of links this process has made or checked itself: a device that was packed meanwhile is not checked again.

const judged = new WeakMap<object, string>();

/** The data is what a link of this platform can be made of. */
export function noteJudged(data: unknown, platform: string): void {
  if (typeof data === 'object' && data !== null) judged.set(data, platform);
}

export const isJudged = (data: unknown, platform: string): boolean =>
  typeof data === 'object' && data !== null && judged.get(data) === platform;
