// Serial numbers as their manufacturers write them, and the SMBIOS UUID that goes with one. Which characters they use is not
// published: read off real ones (convention).
import type { Random } from '../../model/ports.js';
import type { Maker } from './products.js';

const consonants = '0123456789BCDFGHJKLMNPQRSTVWXYZ';

const shapes: Readonly<Record<Maker, { readonly shape: RegExp; readonly example: string }>> = {
  dell: { shape: /^[0-9A-Z]{7}$/, example: '7 capitals and digits, such as 8WXQK13 (Dell)' },
  hp: { shape: /^[0-9A-Z]{3}\d{3}[0-9A-Z]{4}$/, example: '10 such as 5CG2351ZKR (HP)' },
  lenovo: { shape: /^[A-Z][0-9A-Z]{7}$/, example: '8 such as PF4KXM7T (Lenovo)' },
  microsoft: { shape: /^\d{12}$/, example: '12 digits such as 029415511453 (Surface)' },
};

const hpSites = ['5CG', '5CD', 'CND', 'MXL', 'CZC', '8CG', 'JPH', 'INA'];
const lenovoSites = ['PF', 'PW', 'PC', 'R9', 'MJ', 'GM'];

export const fits = (maker: Maker, serial: string): boolean => shapes[maker].shape.test(serial);

/** How the serial numbers of these makers look, for a message. */
export const serialExamples = (makers: readonly Maker[]): string =>
  makers.map((maker) => shapes[maker].example).join(', or ');

export function serialFor(maker: Maker, random: Random): string {
  const some = (count: number, alphabet = consonants): string =>
    Array.from({ length: count }, () => alphabet[random.integer(alphabet.length)]).join('');
  const digits = (count: number): string => some(count, '0123456789');
  const one = (list: readonly string[]): string => list[random.integer(list.length)] ?? '';
  switch (maker) {
    case 'dell':
      return some(7);
    case 'hp': // where it was made, year, week
      return `${one(hpSites)}${random.integer(5)}${String(1 + random.integer(52)).padStart(2, '0')}${some(4)}`;
    case 'lenovo':
      return `${one(lenovoSites)}${some(6)}`;
    case 'microsoft':
      return `0${digits(11)}`;
  }
}

/** The SMBIOS UUID of a computer: Dell writes the service tag into it, from others it is `random`. */
export function smbiosUuid(maker: Maker, serial: string, random: string): string {
  if (maker !== 'dell' || serial.length !== 7) return random;
  const [first = 0, ...rest] = Buffer.from(serial, 'latin1');
  const hex = rest.map((code) => code.toString(16).padStart(2, '0').toUpperCase());
  const tagged = (first | 0x80).toString(16).toUpperCase();
  return `4C4C4544-00${hex[0]}-${hex[1]}10-80${hex[2]}-${tagged}C04F${hex.slice(3).join('')}`;
}
