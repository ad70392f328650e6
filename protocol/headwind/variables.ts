// Variables in app settings that the server fills (specs/android.md §0a.19).

/** What the server knows of a device for its variables. */
interface ServerVariables {
  readonly number: string;
  readonly imei?: string;
  readonly phone?: string;
  readonly description?: string;
  readonly custom1?: string;
  readonly custom2?: string;
  readonly custom3?: string;
}

/**
 * The value of an app setting with `%NUMBER%`, `%IMEI%`, `%PHONE%`, `%DESCRIPTION%` and `%CUSTOM1%` to `%CUSTOM3%` filled, one after
 * the other, so that a property may hold the next variable. Undefined where the real server fails, and answers the whole sync with
 * error.internal.server: a dollar sign, or a backslash at the end, in a property that is used.
 *
 * @example
 * fillServerVariables('https://intra.example/?d=%NUMBER%', { number: 'h0001' }); // 'https://intra.example/?d=h0001'
 */
export function fillServerVariables(value: string, device: ServerVariables): string | undefined {
  const { number, imei, phone, description, custom1, custom2, custom3 } = device;
  const properties = {
    NUMBER: number,
    IMEI: imei,
    PHONE: phone,
    DESCRIPTION: description,
    CUSTOM1: custom1,
    CUSTOM2: custom2,
    CUSTOM3: custom3,
  };
  let filled = value;
  for (const [name, property = ''] of Object.entries(properties)) {
    const variable = `%${name}%`;
    if (!filled.includes(variable)) continue;
    const replacement = javaReplacement(property, variable);
    if (replacement === undefined) return undefined;
    filled = filled.replaceAll(variable, () => replacement);
  }
  return filled;
}

/** What String.replaceAll of Java makes of a text that is given as replacement: `$0` is what was found, a backslash is taken away. */
function javaReplacement(text: string, found: string): string | undefined {
  if (/^(?:[^\\$]|\\[\s\S]|\$0)*$/.test(text)) return text.replace(/\\([\s\S])|\$0/g, (_, escaped) => escaped ?? found);
  return undefined;
}
