import { visibleLine } from '../../base/terminal.js';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** Left out where no row has anything to say in it. */
  readonly isShown?: (row: Row) => boolean;
  /** Those with the largest are left out first where the table is too wide. Absent: always there. */
  readonly leaveOut?: number;
}

const gap = '  ';

/**
 * Rows under titles, the first column to the left, the others to the right, in lines of at most `width` characters as long as the columns
 * that are always there fit. A first cell that is too long stands on a line of its own.
 */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string[] {
  let shown = columns.filter(({ isShown }) => isShown === undefined || rows.some(isShown));
  let grid = gridOf(shown, rows);
  for (;;) {
    const last = shown.reduce((most, { leaveOut = 0 }) => Math.max(most, leaveOut), 0);
    if (last === 0 || total(grid.widths) <= width) break;
    shown = shown.filter(({ leaveOut }) => leaveOut !== last);
    grid = gridOf(shown, rows);
  }
  const rest = total([0, ...grid.widths.slice(1)]);
  const first = Math.max(8, Math.min(grid.widths[0] ?? 0, width - rest));
  return grid.cells.flatMap((cells) => lineOf(cells, [first, ...grid.widths.slice(1)]));
}

function gridOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]) {
  const titles = columns.map(({ title }) => title);
  const cells = rows.map((row) => columns.map(({ cell }) => visibleLine(cell(row))));
  const widths = titles.map((title, at) => Math.max(title.length, ...cells.map((each) => each[at]?.length ?? 0)));
  return { cells: [titles, ...cells], widths };
}

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);

function lineOf(cells: readonly string[], widths: readonly number[]): string[] {
  const [name = '', ...others] = cells;
  const [first = 0, ...rest] = widths;
  const tail = others.map((cell, at) => `${gap}${cell.padStart(rest[at] ?? 0)}`).join('');
  if (name.length > first) return [name, `${' '.repeat(first)}${tail}`];
  return [`${name.padEnd(first)}${tail}`.trimEnd()];
}
