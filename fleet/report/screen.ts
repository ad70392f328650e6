import { type Colour, type Output, redrawLines, visibleLine } from '../../base/terminal.js';

/** A terminal, or what stands for one. */
export interface ScreenOutput extends Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface ScreenLine {
  readonly text: string;
  readonly colour?: Colour;
}

/**
 * Some lines at the end of a terminal that are drawn anew, below lines that stay. A terminal that was made narrower has broken the lines
 * that were drawn: as many are taken back as they take now.
 */
export class ScreenRegion {
  #drawn: readonly string[] = [];

  readonly #output: ScreenOutput;
  readonly #isColoured: boolean;

  constructor(output: ScreenOutput, isColoured: boolean) {
    this.#output = output;
    this.#isColoured = isColoured;
  }

  /** The lines, each cut to the width, in the place of those before. */
  draw(lines: readonly ScreenLine[]): void {
    const width = this.#columns - 1;
    const fitting = lines.map(({ text, ...rest }) => ({ ...rest, text: cut(visibleLine(text), width) }));
    this.#change(fitting);
    this.#drawn = fitting.map(({ text }) => text);
  }

  /** Lines that stay, above what is drawn. What is drawn is gone until it is drawn again. */
  say(lines: readonly ScreenLine[]): void {
    this.#change(lines);
    this.#drawn = [];
  }

  /** Takes away what is drawn. */
  clear(): void {
    if (this.#drawn.length > 0) this.say([]);
  }

  get #columns(): number {
    return Math.max(20, this.#output.columns ?? 80);
  }

  #change(lines: readonly ScreenLine[]): void {
    const rows = this.#drawn.reduce((sum, text) => sum + Math.max(1, Math.ceil(widthOf(text) / this.#columns)), 0);
    if (rows > 0 || lines.length > 0) redrawLines(this.#output, rows, lines, this.#isColoured);
  }
}

/** Columns of a text: letters of East Asia take two. */
const widthOf = (text: string): number => [...text].reduce((sum, letter) => sum + columnsOf(letter), 0);
const columnsOf = (letter: string): number => ((letter.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1);

function cut(text: string, width: number): string {
  let used = 0;
  let kept = '';
  for (const letter of text) {
    used += columnsOf(letter);
    if (used > width) return kept;
    kept += letter;
  }
  return kept;
}
