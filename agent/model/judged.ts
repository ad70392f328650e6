// Which data of links this process has made or checked itself: a device that was packed meanwhile is not checked again.

const judged = new WeakSet<object>();

/** The data is what a link of its platform can be made of. */
export function noteJudged(data: unknown): void {
  if (typeof data === 'object' && data !== null) judged.add(data);
}

export const isJudged = (data: unknown): boolean => typeof data === 'object' && data !== null && judged.has(data);
