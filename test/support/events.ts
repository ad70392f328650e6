// A reader of GET /stub/v1/events: what a test waits for instead of time.
import { onTestFinished } from 'vitest';

/** `data` of an event. */
export interface StubEvent {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly deviceId?: string;
  readonly user?: string;
  readonly [word: string]: unknown;
}

export interface Following {
  /** Everything read so far. */
  readonly events: readonly StubEvent[];
  /** Comments read so far, without their colon. */
  readonly comments: readonly string[];
  /** The next event that is so, those of before the call included that were not returned yet; undefined once the stream has ended. */
  next(isSo?: (event: StubEvent) => boolean): Promise<StubEvent | undefined>;
  /** Lets the connection go. */
  close(): void;
}

export interface Follow {
  readonly url: string;
  readonly token: string;
  readonly lastEventId?: number | string;
  /** Such as `?type=enrolled`. */
  readonly query?: string;
  /** For an https address. */
  readonly fetch?: typeof fetch;
}

/** Resolves once the stub has begun to answer: what happens from then on is read. Throws where it does not answer 200. */
export async function follow({ url, token, lastEventId, query = '', fetch: by = fetch }: Follow): Promise<Following> {
  const leaving = new AbortController();
  const headers = {
    authorization: `Bearer ${token}`,
    ...(lastEventId !== undefined && { 'last-event-id': String(lastEventId) }),
  };
  const answer = await by(`${url}/stub/v1/events${query}`, { headers, signal: leaving.signal });
  if (answer.status !== 200 || answer.body === null) throw new Error(`${answer.status} ${await answer.text()}`);
  onTestFinished(() => leaving.abort());
  const events: StubEvent[] = [];
  const comments: string[] = [];
  let taken = 0;
  let tell = () => {};
  let isOver = false;
  const read = async (stream: ReadableStream<Uint8Array>) => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      text += decoder.decode(bytes, { stream: true });
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) take(part);
      tell();
    }
  };
  const take = (part: string) => {
    for (const line of part.split('\n')) {
      if (line.startsWith(':')) comments.push(line.slice(1).trim());
      if (line.startsWith('data: ')) events.push(JSON.parse(line.slice(6)));
    }
  };
  const ended = () => {
    isOver = true;
    tell();
  };
  read(answer.body).then(ended, ended);
  return {
    events,
    comments,
    async next(isSo = () => true) {
      for (;;) {
        for (; taken < events.length; taken++) {
          const event = events[taken];
          if (event === undefined || !isSo(event)) continue;
          taken++;
          return event;
        }
        if (isOver) return undefined;
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      }
    },
    close: () => leaving.abort(),
  };
}
