// The one place that writes to a terminal. Text from the other side (a device's name, a refusal, a step of a scenario) may hold
// escape sequences that move the cursor, rewrite what stands there or make a terminal answer: it is shown, not obeyed.

/**
 * C0 but for tab and line feed, DEL, C1; the marks that turn the direction of text around, the separators that some take for
 * a new line, and halves of surrogate pairs.
 */
const control = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const code = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * The text with its control characters made visible as `\u001b`; lines and tabs stay. JSON text stays the same JSON, for there
 * such a character stands in a string only.
 */
export const visible = (text: string): string => text.replace(control, code);

/** The same for what is to stay on one line: a name, a reason. Lines and tabs are made visible too. */
export const visibleLine = (text: string): string => visible(text).replace(/[\t\n]/g, code);

/** Where text is shown to a person, or taken by a script. */
export interface Output {
  write(text: string): unknown;
}

/** Writes text as it may be shown. */
export function print(output: Output, text: string): void {
  output.write(visible(text));
}

/** What a line may be shown in on a terminal; elsewhere it is text like any other. */
export type Colour = 'red' | 'yellow' | 'green' | 'grey';

const colours: Readonly<Record<Colour, number>> = { red: 31, yellow: 33, green: 32, grey: 90 };

/** An output that may be a terminal, such as `process.stdout`. */
export interface Screen extends Output {
  readonly isTTY?: boolean;
}

/** The same in a colour, where the output is a terminal and NO_COLOR (no-color.org) is not set. */
export function printIn(colour: Colour | undefined, output: Screen, text: string): void {
  output.write(inColour(hasColours(output) ? colour : undefined, visible(text)));
}

const inColour = (colour: Colour | undefined, shown: string): string =>
  colour === undefined ? shown : `\u001b[${colours[colour]}m${shown}\u001b[39m`;

/**
 * Whether what is written there is for eyes that see colours (https://no-color.org). FORCE_COLOR decides where it is set, as in
 * Node: 0 and false are no, all else is yes, wherever the output goes.
 */
export function hasColours(output: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return output.isTTY === true && env['TERM'] !== 'dumb' && !env['NO_COLOR'];
}

/** An output that says when it has written what it was given, such as `process.stdout`. */
export interface Written {
  write(text: string, done: () => void): unknown;
}

/** Calls back once what was printed to these has gone out. */
export function whenWritten([first, ...others]: readonly Written[], call: () => void): void {
  if (first === undefined) call();
  else first.write('', () => whenWritten(others, call));
}

/** Writes one line over the one where the cursor is; what follows it must begin with a line feed, or be drawn over it again. */
export function redraw(output: Output, line: string): void {
  output.write(`\r\u001b[2K${visibleLine(line)}`);
}

/** Writes lines that are nothing but lines, each in its colour where `isColoured`. */
export function printLines(
  output: Output,
  lines: readonly { readonly text: string; readonly colour?: Colour }[],
  isColoured = false,
): void {
  output.write(
    lines.map(({ text, colour }) => `${inColour(isColoured ? colour : undefined, visibleLine(text))}\n`).join(''),
  );
}

/** Takes back so many rows above the cursor and writes lines in their place; in one go, so that half a picture is never seen. */
export function redrawLines(
  output: Output,
  rows: number,
  lines: readonly { readonly text: string; readonly colour?: Colour }[],
  isColoured = false,
): void {
  const written: string[] = rows > 0 ? [`\r\u001b[${rows}A\u001b[J`] : [];
  printLines({ write: (text) => written.push(text) }, lines, isColoured);
  output.write(written.join(''));
}
