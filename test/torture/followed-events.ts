// What a stub authority tells of as it happens, over its crashes: each event that reached whoever follows.
import { request } from 'node:https';
import { isObject, type Reached, textAt } from './stub.js';

/** A notification that was told of. */
export interface Told {
  readonly why: string;
  readonly device: string;
}

/** Puts the events of this type into `into` until the signal is aborted or the stub is gone. Never throws. */
export function follow(reached: Reached, type: string, into: Told[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let text = '';
    const asked = request(new URL(`/stub/v1/events?type=${type}&after=0`, reached.url), {
      ca: reached.ca,
      headers: { authorization: `Bearer ${reached.token}` },
      signal,
    });
    asked.on('error', () => resolve());
    asked.on('response', (response) => {
      response.setEncoding('utf8');
      response.on('error', () => resolve());
      response.on('close', () => resolve());
      response.on('data', (part: string) => {
        const lines = (text + part).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const event: unknown = line.startsWith('data: ') ? JSON.parse(line.slice(6)) : undefined;
          if (isObject(event) && event['type'] === type)
            into.push({ why: textAt(event, 'why'), device: textAt(event, 'deviceId') });
        }
      });
    });
    asked.end();
  });
}
