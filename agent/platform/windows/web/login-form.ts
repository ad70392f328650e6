// Which form of a page a person would sign in with, and what they would write into it.
import type { FormField, PageForm } from './page.js';

const isText = ({ type }: FormField): boolean => ['text', 'email', 'tel', ''].includes(type);
const isUserName = ({ name, id, autocomplete, type }: FormField): boolean =>
  type === 'email' || /user|mail|login|upn|account|^name$/i.test(`${name} ${id} ${autocomplete}`);

/** The form with a password, else the one that asks for a user name (pages that ask one after the other). */
export const loginFormOf = (forms: readonly PageForm[]): PageForm | undefined =>
  forms.find(({ fields }) => fields.some(({ type }) => type === 'password')) ??
  forms.find(({ fields }) => fields.some((field) => isText(field) && isUserName(field)));

/**
 * What a browser sends of the form once user name and password are written into it; everything else as it stands. `press`: the
 * button that is pressed, where that is not the first.
 */
export function filled(
  form: PageForm,
  person: { readonly user?: string; readonly secret?: string },
  press?: FormField,
): URLSearchParams {
  const texts = form.fields.filter(isText);
  const userField = texts.find(isUserName) ?? (form.fields.some(isPassword) ? texts[0] : undefined);
  const button = press ?? form.fields.find(({ type, name }) => type === 'submit' && name !== '');
  const sent = new URLSearchParams();
  for (const field of form.fields) {
    const { type, name, value } = field;
    if (name === '' || unsent.has(type)) continue;
    if ((type === 'checkbox' || type === 'radio') && !field.isChecked) continue;
    if (type === 'submit' && field !== button) continue;
    if (isPassword(field)) sent.append(name, person.secret ?? '');
    else sent.append(name, field === userField && person.user !== undefined ? person.user : value);
  }
  return sent;
}

const isPassword = ({ type }: FormField): boolean => type === 'password';
const unsent: ReadonlySet<string> = new Set(['button', 'reset', 'image', 'file']);
