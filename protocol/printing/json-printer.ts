import { isUtf8 } from 'node:buffer';
import { outline } from './outline.js';
import type { Printer } from './printer.js';

const maxBytes = 1024 * 1024;

/** JSON of any protocol, as an outline. */
export const jsonPrinter: Printer = {
  name: 'JSON',
  handles: (contentType, body) =>
    /[/+]json$/.test(contentType) || (contentType === '' && (body[0] === 0x7b || body[0] === 0x5b)),
  print(body, context) {
    if (body.length > maxBytes || !isUtf8(body)) throw new Error('no JSON that is shown');
    return outline(JSON.parse(Buffer.from(body).toString('utf8')), context);
  },
};
