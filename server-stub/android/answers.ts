// What the server answers: the envelope, pages of its servlet container in our own words, and texts of its JSON reader.
import type { StubAnswer } from '../http-types.js';

/** On every answer below `/rest`, as the server's filter sets them. */
export const openToAll: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, DELETE, PUT',
  'access-control-allow-headers': 'Content-Type, api_key, Authorization',
};

const json = { ...openToAll, 'content-type': 'application/json' };

/** `{"status":"OK","message":null,"data":...}` around the JSON text of the data. */
export const okText = (data: string, headers: Readonly<Record<string, string>> = {}): StubAnswer => ({
  status: 200,
  headers: { ...json, ...headers },
  body: `{"status":"OK","message":null,"data":${data}}`,
});

export const ok = (data: unknown = null, headers: Readonly<Record<string, string>> = {}): StubAnswer =>
  okText(JSON.stringify(data), headers);

/** `data`: by convention why, for the person at the device; a stock server has null there. */
export const error = (message: string | null, data: unknown = null): StubAnswer => ({
  status: 200,
  headers: json,
  body: JSON.stringify({ status: 'ERROR', message, data }),
});

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
};

/** A page of the servlet container. `open`: below `/rest`, where its filter has set headers. */
export function page(status: number, { open = true }: { readonly open?: boolean } = {}): StubAnswer {
  const title = `HTTP Status ${status} – ${reasons[status] ?? ''}`;
  return {
    status,
    headers: { ...(open && openToAll), 'content-type': 'text/html;charset=utf-8', 'content-language': 'en' },
    body: `<!doctype html><html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  };
}

/** 400 of the JSON reader: a text, and no envelope. */
export const unreadable = (why: string): StubAnswer => ({
  status: 400,
  headers: { ...openToAll, 'content-type': 'text/plain' },
  body: why,
});
