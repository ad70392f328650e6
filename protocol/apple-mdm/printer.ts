import { type HeaderPrinter, indented } from '../printing/printer.js';
import { mdmSignatureHeader } from './http-errors.js';

/** The detached CMS signature over the body (specs/apple.md §1.4): who signed, not the base64. */
export const mdmSignaturePrinter: HeaderPrinter = {
  header: mdmSignatureHeader,
  print(value, context) {
    const [first = '', ...rest] = context.inner(Buffer.from(value, 'base64'));
    return [first, ...indented(rest.filter((line) => !/^ *certificate /.test(line)).map((line) => line.trim()))];
  },
};
