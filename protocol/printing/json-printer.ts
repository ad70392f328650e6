import { isUtf8 } from 'node:buffer';
import { outline } from './outline.js';
import type { Printer } from './printer.js';

const maxBytes = 1024 * 1024;

/** JSON of any protocol, as an outline; also where it is called something else. */
export const jsonPrinter: Printer = {
  name: 'JSON',
  handles: (contentType, body) =>
    /[/+]json$/.test(contentType) || /^\s*[{[]/.test(Buffer.from(body.subarray(0, 64)).toString('latin1')),
  print(body, context) {
    if (body.length > maxBytes || !isUtf8(body)) throw new Error('no JSON that is shown');
    return outline(JSON.parse(Buffer.from(body).toString('utf8')), context);
  },
};
