import { createHash } from 'node:crypto';

/** SHA-1 of a certificate in hexadecimal, upper case, as Windows names certificates. */
export const thumbprintOf = (der: Uint8Array): string => createHash('sha1').update(der).digest('hex').toUpperCase();
