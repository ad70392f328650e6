// Which values a node may have: formats and MSFT:AllowedValues. Patterns are ours; what they are held against is not.
import { RE2JS } from 're2js';
import type { Constraint, NodeFormat } from './schema.js';

const patterns = new Map<string, RE2JS>();

function compiled(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  const made = RE2JS.compile(pattern);
  patterns.set(pattern, made);
  return made;
}

/** The value is one that the constraint allows. Time grows with the value's length alone. */
export function allows(constraint: Constraint, value: string): boolean {
  switch (constraint.kind) {
    case 'enum': {
      // Windows writes truth values as `true`, some servers as `True`; other values are compared as they are.
      const isBool = constraint.values.every((each) => each === 'true' || each === 'false');
      return constraint.values.includes(isBool ? value.toLowerCase() : value);
    }
    case 'range': {
      const number = integer(value);
      return number !== undefined && number >= constraint.least && number <= constraint.most;
    }
    case 'regex':
      return compiled(constraint.pattern).matches(value);
    case 'flag': {
      const number = integer(value);
      if (number === undefined) return false;
      const mask = constraint.values.reduce((all, bit) => all | BigInt(bit), 0n);
      return (BigInt(number) & ~mask) === 0n;
    }
    case 'xsd':
      return true; // the module's
  }
}

/** A whole number in decimal, or in hexadecimal with 0x before it; undefined for anything else. */
function integer(value: string): number | undefined {
  if (!/^(-?\d{1,15}|0[xX][0-9a-fA-F]{1,12})$/.test(value)) return undefined;
  return Number(value);
}

/** The text is one of the format. */
export function fits(format: NodeFormat, value: string): boolean {
  switch (format) {
    case 'int':
      return integer(value) !== undefined;
    case 'bool':
      return /^(true|false|0|1)$/i.test(value);
    case 'float':
      return value.trim() !== '' && value.length < 64 && Number.isFinite(Number(value));
    case 'b64':
    case 'bin':
      return /^[A-Za-z0-9+/]*={0,2}$/.test(value.replace(/\s+/g, ''));
    default:
      return true; // chr, xml, null, date and time: as they come, a document is the module's to judge
  }
}
