// The users' file: CSV with a header (RFC 4180).
import { commandLineError, readGivenText } from '../../base/command-line.js';
import { meaning } from '../../base/judged.js';
import type { UserRow, Users } from './model.js';

const largestText = 64 * 1024 * 1024;
const mostRows = 1_000_000;
const mostColumns = 50;
const longestField = 4096;
const mostShown = 20;

/** Rows of a users' file. `problems`: `line:column: what is wrong`, or `line: ...`. */
interface ReadRows {
  readonly rows: readonly UserRow[];
  readonly problems: readonly string[];
}

/** The file at this path. Throws FILE_UNUSABLE, with every mistake and its line. */
export function readUsers(file: string): Users & { readonly rows: readonly UserRow[] } {
  const { rows, problems } = readUserRows(readGivenText(file));
  if (problems.length === 0) return { rows, file };
  const shown = problems.slice(0, mostShown).map((problem) => `\n  ${file}:${problem}`);
  const more = problems.length > mostShown ? `\n  and ${problems.length - mostShown} more` : '';
  throw commandLineError('FILE_UNUSABLE', `The users' file cannot be used:${shown.join('')}${more}`, {
    hint: 'The first line names the columns: user, and if wanted password, token and columns of your own.',
    details: { file, problems: problems.slice(0, 1000) },
  });
}

/** Rows of CSV text; what is wrong is told with its line, counted from 1. */
export function readUserRows(text: string): ReadRows {
  if (text.length > largestText)
    return { rows: [], problems: [`1: the file is longer than ${largestText} characters`] };
  const problems: string[] = [];
  const records = recordsOf(text.startsWith('\uFEFF') ? text.slice(1) : text, problems);
  const [header, ...others] = records;
  if (header === undefined) return { rows: [], problems: [...problems, '1: the file is empty'] };
  const columns = header.fields.map((field) => field.trim());
  problems.push(...headerProblems(columns));
  if (problems.length > 0) return { rows: [], problems };
  const rows = others.flatMap((record) => rowOf(record, columns, problems));
  if (rows.length === 0 && problems.length === 0) problems.push('2: no user is listed');
  return { rows, problems };
}

function headerProblems(columns: readonly string[]): string[] {
  const twice = columns.find((name, at) => columns.indexOf(name) !== at);
  const odd = columns.find((name) => !/^[A-Za-z][\w-]{0,99}$/.test(name));
  return [
    ...(columns.length > mostColumns ? [`1: there are more than ${mostColumns} columns`] : []),
    ...(columns.includes('user')
      ? []
      : [
          `1: no column is called user${columns.map((name) => meaning(name, ['user'])).find((guess) => guess !== '') ?? ''}`,
        ]),
    ...(twice === undefined ? [] : [`1: two columns are called ${JSON.stringify(twice)}`]),
    ...(odd === undefined ? [] : [`1: ${JSON.stringify(odd)} is no name of a column: letters, digits, - and _`]),
  ];
}

interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

function rowOf({ line, fields }: CsvRecord, columns: readonly string[], problems: string[]): UserRow[] {
  if (fields.length !== columns.length) {
    problems.push(`${line}: ${fields.length} fields, and the header has ${columns.length}`);
    return [];
  }
  const named = Object.fromEntries(columns.map((name, at) => [name, fields[at] ?? '']));
  const { user = '', password = '', token = '', ...values } = named;
  if (user.trim() === '') {
    problems.push(`${line}: the user is empty`);
    return [];
  }
  return [
    {
      user: user.trim(),
      ...(password === '' ? {} : { password }),
      ...(token === '' ? {} : { token }),
      values,
    },
  ];
}

/** Records of CSV: fields in double quotes may hold commas, line ends and doubled quotes. Empty lines are none. */
function recordsOf(text: string, problems: string[]): CsvRecord[] {
  const records: CsvRecord[] = [];
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|\n|\r|$)/y;
  let line = 1;
  let fields: string[] = [];
  let startedAt = 1;
  while (cell.lastIndex <= text.length) {
    const from = cell.lastIndex;
    const match = cell.exec(text);
    if (match === null) {
      problems.push(
        `${line}:${from - text.lastIndexOf('\n', from - 1)}: a quote stands in the middle of a field, or is not closed`,
      );
      return [];
    }
    const [, raw = '', end = ''] = match;
    const field = raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw;
    if (field.length > longestField) problems.push(`${line}: a field is longer than ${longestField} characters`);
    fields.push(field);
    line += raw.split(/\r\n|\n|\r/).length - 1;
    if (end === ',') continue;
    if (fields.length > 1 || fields[0] !== '') records.push({ line: startedAt, fields });
    if (end === '') break;
    line++;
    [fields, startedAt] = [[], line];
    if (records.length > mostRows) {
      problems.push(`${line}: there are more than ${mostRows} rows`);
      return [];
    }
  }
  return records;
}
