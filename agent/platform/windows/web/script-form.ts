// The form that a script of a page would build and submit (Fleet, MDMatador): recognised in its text, for no script is ever run.

/** What such a script would post. */
interface ScriptForm {
  readonly action: string;
  readonly wresult: string;
}

/** `name.property = "text"`, in any of the three quotes of the language; identifiers are tried from their beginning alone. */
const assignment =
  /(?<![\w$.])([A-Za-z_$][\w$]{0,80})\.(action|name|value)\s{0,20}=\s{0,20}("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.)*`)/gs;

const mostAssignments = 1000;

/**
 * The form that a script builds with `.action = "..."`, an input with `.name = 'wresult'` and `.value = '...'`, and `.submit()`.
 * Undefined where the script does no such thing.
 */
export function readScriptForm(script: string): ScriptForm | undefined {
  if (!script.includes('wresult') || !script.includes('.submit')) return undefined;
  let action: string | undefined;
  let wresult: string | undefined;
  /** By variable: an input's name and value, in whichever order they are given. */
  const inputs = new Map<string, { name?: string; value?: string }>();
  let count = 0;
  for (const [, variable = '', property, literal = ''] of script.matchAll(assignment)) {
    if (++count > mostAssignments) break;
    const text = textOfLiteral(literal);
    if (property === 'action') {
      action ??= text;
      continue;
    }
    const before = inputs.get(variable);
    const isNext = before !== undefined && (property === 'name' ? before.name : before.value) !== undefined;
    const input = before === undefined || isNext ? {} : before; // the variable stands for the next input now
    if (property === 'name') input.name = text;
    else input.value = text;
    inputs.set(variable, input);
    if (input.name === 'wresult' && input.value !== undefined) wresult ??= input.value;
  }
  return action === undefined || wresult === undefined ? undefined : { action, wresult };
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', '0': '\0' };

/** The text that a string literal of JavaScript stands for. */
const textOfLiteral = (literal: string): string =>
  literal
    .slice(1, -1)
    .replace(
      /\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|\r?\n|(.))/gs,
      (_whole, point?: string, unit?: string, byte?: string, letter?: string) => {
        const hex = unit ?? byte;
        if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
        if (point !== undefined) return codePoint(Number.parseInt(point, 16));
        if (letter === undefined) return ''; // a line that goes on
        return escapes[letter] ?? letter;
      },
    );

const codePoint = (value: number): string => (value > 0x10ffff ? '\ufffd' : String.fromCodePoint(value));
