// The sign-in of a federated enrollment (specs/windows.md §1.2): the web view ends with the token that the authority posts to the
// application.
import type { Ports } from '../../../model/ports.js';
import type { ServerTrust } from '../../../model/server-rules.js';
import type { Page, PageForm } from './page.js';
import { readScriptForm } from './script-form.js';
import { type Viewer, walk } from './walk.js';

/** Who signs in, and where. */
interface WebSignIn extends Viewer {
  /** AuthenticationServiceUrl, as it was given. */
  readonly url: string;
}

/**
 * The application that is signed in for, as Settings calls itself. Its SID stands here on phones and older builds; servers are to
 * take any: a convention.
 */
export const appru = 'ms-app://windows.immersivecontrolpanel';

/**
 * Signs in and gives the token (`wresult`) as the authority wrote it, not yet base64. Throws ENROLL_REFUSED 0x80180030 where the
 * authority does not take user and password, ENROLL_FAILED 0x8018000F where no page leads to a token, 0x8018001A for an address
 * that is not https, and what the transport throws.
 */
export async function signInByWebView(
  signIn: WebSignIn,
  ports: Pick<Ports, 'http'>,
  server: ServerTrust,
  signal: AbortSignal,
): Promise<string> {
  const goal = { url: addressOf(signIn), ofAddress: () => undefined, ofPage: tokenIn, formOf: restOf, wanted, hint };
  const { token } = await walk(goal, signIn, ports, server, signal);
  return token;
}

/** The address that Windows opens first: `appru` and `login_hint` behind what the address has already. */
function addressOf({ url, user }: WebSignIn): string {
  const login = user === undefined ? '' : `&login_hint=${encodeURIComponent(user)}`;
  return `${url}${url.includes('?') ? '&' : '?'}appru=${encodeURIComponent(appru)}${login}`;
}

function tokenIn({ forms, scripts }: Page): { readonly token: string } | undefined {
  for (const form of forms) {
    const token = isOfApplication(form.action) ? tokenOf(form) : undefined;
    if (token !== undefined) return { token };
  }
  for (const script of scripts) {
    const form = readScriptForm(script);
    if (form !== undefined && isOfApplication(form.action)) return { token: form.wresult };
  }
  return undefined;
}

/** With nothing to fill in a page sends its form by itself, or waits for a press of its button. */
function restOf({ forms }: Page): { readonly form: PageForm } | undefined {
  const hidden = forms.find(({ fields }) => fields.some(({ type }) => type === 'hidden'));
  const form = hidden ?? forms.find(({ fields }) => fields.some(({ type }) => type === 'submit'));
  return form === undefined ? undefined : { form };
}

const wanted = 'a token';
const hint =
  'The page is for a person: give a token with --enroll-token, or from code a function that signs in (Invitation.token).';

/** The scheme decides: what Windows would give back to the application. */
const isOfApplication = (action: string): boolean => action.toLowerCase().startsWith('ms-app:');

const tokenOf = ({ fields }: PageForm): string | undefined => fields.find(({ name }) => name === 'wresult')?.value;
