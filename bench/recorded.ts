// The requests that a device makes while it is watched, so that a bare loop can make the same.
import type { Http, HttpRequest } from '../agent/index.js';

export interface RecordedRequest extends Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'> {
  /** Requests of one session share their connections. */
  readonly session: number;
}

/** The same port; what is asked through it stands in `requests`. */
export function recording(http: Http): { readonly http: Http; readonly requests: readonly RecordedRequest[] } {
  const requests: RecordedRequest[] = [];
  let sessions = 0;
  return {
    requests,
    http: {
      open(options) {
        const opened = http.open(options);
        const session = sessions++;
        return {
          request(request) {
            const { method, url, headers = {}, body } = request;
            requests.push({ session, method, url, headers, ...(body === undefined ? {} : { body }) });
            return opened.request(request);
          },
          close: () => opened.close(),
        };
      },
    },
  };
}
