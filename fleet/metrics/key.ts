import type { Key } from './delta.js';

/** What a figure is of. `operation` and `window` are empty for the step as a whole and for all of its time. */
export interface KeyParts {
  readonly step: string;
  readonly platform: string;
  readonly operation: string;
  readonly window: string;
}

/** A part of a step's time, in milliseconds of the phase's clock since the step began; both ends are in it. */
export interface Window {
  readonly afterMs: number;
  /** Infinity: until the step ends. */
  readonly withinMs: number;
}

const escaped = (part: string) => part.replace(/[%|#]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
const unescaped = (part: string) =>
  part.replace(/%(25|7c|23)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** `step|platform|operation`, or `step|platform|operation#window`; `%`, `|` and `#` of names are escaped as in addresses. */
export function keyOf({ step, platform, operation, window }: KeyParts): Key {
  const key = `${escaped(step)}|${escaped(platform)}|${escaped(operation)}`;
  return window === '' ? key : `${key}#${window}`;
}

/** The parts of a key; undefined for a text that is none. */
export function readKey(key: Key): KeyParts | undefined {
  const [whole = '', window = '', ...more] = key.split('#');
  const [step, platform, operation, ...rest] = whole.split('|').map(unescaped);
  if (step === undefined || platform === undefined || operation === undefined) return undefined;
  return more.length + rest.length > 0 ? undefined : { step, platform, operation, window };
}

/** As it stands in a key: `3600000-28800000`, `3600000-` without an end. Empty for all of the time. */
export function windowName({ afterMs, withinMs }: Window): string {
  if (afterMs === 0 && withinMs === Number.POSITIVE_INFINITY) return '';
  return `${afterMs}-${withinMs === Number.POSITIVE_INFINITY ? '' : withinMs}`;
}
