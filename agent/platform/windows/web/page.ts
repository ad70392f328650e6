// What a page of a sign-in is built of: its forms, and the text of its scripts. HTML is read as it comes and never executed.
import { Parser } from 'htmlparser2';

/** A field of a form that is sent, or that a person fills in. */
export interface FormField {
  /** In lower case; `select` and `textarea` for these. */
  readonly type: string;
  readonly name: string;
  readonly value: string;
  readonly id: string;
  readonly autocomplete: string;
  /** Of a check box or radio button. */
  readonly isChecked: boolean;
}

export interface PageForm {
  /** As it stands; empty where there is none: the page's own address. */
  readonly action: string;
  readonly method: 'GET' | 'POST';
  /** As it stands, in lower case; empty for the default. */
  readonly enctype: string;
  readonly fields: readonly FormField[];
}

export interface Page {
  readonly forms: readonly PageForm[];
  /** The texts of its inline scripts, as they stand. */
  readonly scripts: readonly string[];
  /** Without white space around it; for messages. */
  readonly title: string;
}

/** What a page of a sign-in may have; what is beyond is left out, and a form cut short does no harm but to itself. */
const most = { forms: 20, fields: 200, scripts: 100, text: 512 * 1024, depth: 1000 } as const;
/** How much is read before the depth is looked at again, in characters: the reader's own work grows with it. */
const slice = 8192;

type Draft = { -readonly [K in keyof PageForm]: K extends 'fields' ? FormField[] : PageForm[K] };

/** Reads a page, however broken it is. Never throws. */
export function readPage(html: string): Page {
  const forms: PageForm[] = [];
  const scripts: string[] = [];
  let form: Draft | undefined;
  let select: { name: string; id: string; value: string | undefined; first: string | undefined } | undefined;
  let textarea: { name: string; id: string; value: string } | undefined;
  let script: string | undefined;
  let title: string | undefined;
  let isTitle = false;
  let kept = 0;
  let depth = 0;

  const add = (field: FormField): void => {
    if (form !== undefined && form.fields.length < most.fields) form.fields.push(field);
  };
  const open: Readonly<Record<string, (attributes: Attributes) => void>> = {
    form(attributes) {
      form = {
        action: attributes['action']?.trim() ?? '',
        method: attributes['method']?.trim().toLowerCase() === 'post' ? 'POST' : 'GET',
        enctype: attributes['enctype']?.trim().toLowerCase() ?? '',
        fields: [],
      };
      if (forms.length < most.forms) forms.push(form);
    },
    input: (attributes) => add(fieldOf(attributes['type']?.trim().toLowerCase() ?? 'text', attributes)),
    button: (attributes) =>
      add(fieldOf(attributes['type']?.trim().toLowerCase() === 'button' ? 'button' : 'submit', attributes)),
    select(attributes) {
      select = { name: attributes['name'] ?? '', id: attributes['id'] ?? '', value: undefined, first: undefined };
    },
    option(attributes) {
      if (select === undefined) return;
      const value = attributes['value'] ?? '';
      select.first ??= value;
      if (attributes['selected'] !== undefined) select.value = value;
    },
    textarea(attributes) {
      textarea = { name: attributes['name'] ?? '', id: attributes['id'] ?? '', value: '' };
    },
    script(attributes) {
      script = attributes['src'] === undefined && scripts.length < most.scripts ? '' : undefined;
    },
    title() {
      isTitle = title === undefined;
      title ??= '';
    },
  };
  const close: Readonly<Record<string, () => void>> = {
    form() {
      form = undefined;
    },
    select() {
      if (select !== undefined) add({ ...plain(select), type: 'select', value: select.value ?? select.first ?? '' });
      select = undefined;
    },
    textarea() {
      if (textarea !== undefined) add({ ...plain(textarea), type: 'textarea', value: textarea.value });
      textarea = undefined;
    },
    script() {
      if (script !== undefined) scripts.push(script);
      script = undefined;
    },
    title() {
      isTitle = false;
    },
  };
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        depth++;
        if (Object.hasOwn(open, name)) open[name]?.(attributes);
      },
      ontext(text) {
        if (script === undefined && textarea === undefined && !isTitle) return;
        kept += text.length;
        if (kept > most.text) return;
        if (script !== undefined) script += text;
        else if (textarea !== undefined) textarea.value += text;
        else title += text;
      },
      onclosetag: (name) => {
        depth--;
        if (Object.hasOwn(close, name)) close[name]?.();
      },
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
  );
  for (let at = 0; at < html.length && depth < most.depth; at += slice) parser.write(html.slice(at, at + slice));
  if (depth < most.depth) parser.end();
  return { forms, scripts, title: title?.trim().slice(0, 200) ?? '' };
}

type Attributes = Readonly<Record<string, string>>;

const plain = ({ name, id }: { readonly name: string; readonly id: string }) => ({
  name,
  id,
  autocomplete: '',
  isChecked: false,
});

function fieldOf(type: string, attributes: Attributes): FormField {
  return {
    type,
    name: attributes['name'] ?? '',
    value: attributes['value'] ?? (type === 'checkbox' || type === 'radio' ? 'on' : ''),
    id: attributes['id'] ?? '',
    autocomplete: attributes['autocomplete']?.toLowerCase() ?? '',
    isChecked: attributes['checked'] !== undefined,
  };
}
