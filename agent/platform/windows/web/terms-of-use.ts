// The terms of use of a tenant (specs/windows.md §1.2; Learn, "Microsoft Entra integration with MDM"), in the web view of a join.
import { shownAddress } from '../../../../base/shown-address.js';
import type { Ports } from '../../../model/ports.js';
import type { ServerTrust } from '../../../model/server-rules.js';
import { hresult, refused } from '../failures.js';
import type { FormField, Page, PageForm } from './page.js';
import { type Viewer, walk } from './walk.js';

export interface TermsOfUse extends Viewer {
  /** As the directory named it. */
  readonly url: string;
  /** The JWT of the join; shown with the first request. */
  readonly token: string;
  /** `client-request-id` */
  readonly requestId: string;
  /** What the person says. */
  readonly isAccepted: boolean;
}

/** Where Windows' account broker is called back; other builds have `ms-aadj-redir://auth/mdm`. */
const brokerAddress = 'ms-appx-web://Microsoft.AAD.BrokerPlugin';

/** The query that the application was called back with. */
interface Answer {
  readonly query: URLSearchParams;
}

/**
 * Shows the terms and answers them. Gives the server's OpaqueBlob, where there is one. Throws ENROLL_REFUSED 0x80180030 where they
 * are declined, another number for the errors of Learn's list (which numbers Windows has for them is not known: our rule), and what
 * the web view throws.
 */
export async function agreeToTerms(
  terms: TermsOfUse,
  ports: Pick<Ports, 'http'>,
  server: ServerTrust,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { url, token, isAccepted } = terms;
  const goal = {
    url: addressOf(terms),
    headers: { Authorization: `Bearer ${token}` },
    ofAddress: answerOf,
    ofPage: (page: Page) => (isAccepted ? scriptedAnswer(page) : undefined),
    formOf: (page: Page) => choiceOf(page, isAccepted) ?? (isAccepted ? undefined : declined(url)),
    wanted: 'an answer',
    hint: 'The page of the terms of use is for a person: from code, a function can join in its place (Invitation.entra).',
  };
  const { query } = await walk<Answer>(goal, terms, ports, server, signal);
  if (query.get('IsAccepted')?.toLowerCase() === 'true') return query.get('OpaqueBlob') ?? undefined;
  const error = query.get('error') ?? 'access_denied';
  const said = query.get('error_description') ?? '';
  throw refused('sign-in', errorNumbers.get(error) ?? hresult.cancelled, textOf(url, error, said), {
    details: { url: shownAddress(url), error: error.slice(0, 100) },
  });
}

const errorNumbers: ReadonlyMap<string, number> = new Map([
  ['access_denied', hresult.cancelled],
  ['invalid_request', 0x80180001],
  ['unauthorized_client', 0x80180003],
  ['server_error', 0x80180006],
]);

const textOf = (url: string, error: string, said: string): string =>
  `${shownAddress(url)}: the terms of use ended with ${error.slice(0, 100)}${said === '' ? '' : `: ${said.slice(0, 300)}`}`;

function addressOf({ url, requestId }: TermsOfUse): string {
  const parameters = [
    ['redirect_uri', brokerAddress],
    ['client-request-id', requestId],
    ['api-version', '1.0'],
    ['mode', 'azureadjoin'],
  ] as const;
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

function answerOf(address: string): Answer | undefined {
  const [place = '', query = ''] = address.split('?', 2);
  return place.toLowerCase().replace(/\/$/, '') === brokerAddress.toLowerCase()
    ? { query: new URLSearchParams(query.replace(/#.*$/s, '')) }
    : undefined;
}

/** Pages of open servers have a button whose script goes to `redirect_uri + "?IsAccepted=true&OpaqueBlob=..."`: read, not run. */
function scriptedAnswer({ scripts }: Page): Answer | undefined {
  for (const script of scripts) {
    const query = /\?(IsAccepted=true(?:&(?:[\w-]{1,40}=[^"'`&\s<>]{0,4096})){0,8})["'`]/i.exec(script)?.[1];
    if (query !== undefined) return { query: new URLSearchParams(query) };
  }
  return undefined;
}

const yes = /accept|agree|consent|continue|\byes\b|\btrue\b/i;
const no = /declin|disagree|reject|deny|denied|cancel|refus|\bfalse\b|\bno\b|not/i;

/** The button of this answer, by what it is called; for a consent otherwise the first that is no refusal. */
function choiceOf(
  { forms }: Page,
  isAccepted: boolean,
): { readonly form: PageForm; readonly press?: FormField } | undefined {
  const choices = forms.flatMap((form) =>
    form.fields.filter(({ type }) => type === 'submit').map((press) => ({ form, press, words: wordsOf(press) })),
  );
  const agreeing = choices.filter(({ words }) => !no.test(words));
  if (!isAccepted) return choices.find(({ words }) => no.test(words));
  return agreeing.find(({ words }) => yes.test(words)) ?? agreeing[0];
}

const wordsOf = ({ name, value, id }: FormField): string => `${name} ${value} ${id}`;

/** Closing the window is a refusal too. */
function declined(url: string): never {
  throw refused('sign-in', hresult.cancelled, `${shownAddress(url)}: the terms of use were declined`);
}
