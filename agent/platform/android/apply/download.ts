// What is fetched from an address of the configuration. The launcher asks for the whole, takes 200 alone, and after a broken
// download begins at the first byte again: it knows no ranges.
import { isRollcallError, wholeMessage } from '../../../../base/errors.js';
import { shownAddress } from '../../../../base/shown-address.js';
import { type Received, Receiver } from './received.js';
import { type ApplyRun, find, shown } from './run.js';

/** What came, or why nothing did in the launcher's words. */
type Downloaded = { readonly received: Received } | { readonly why: string; readonly hint?: string };

/** How much may come, and of how much the whole is held, in octets. */
interface FetchBounds {
  readonly maxBytes: number;
  readonly heldBytes: number;
}

/** Downloads what an address names: never more of it than `heldBytes` is in memory. */
export async function fetchContent(
  run: ApplyRun,
  url: string,
  { maxBytes, heldBytes }: FetchBounds,
): Promise<Downloaded> {
  const { api, signal, manners } = run.context;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1];
  if (scheme === undefined) return { why: 'no protocol' };
  if (!/^https?$/i.test(scheme)) return { why: `unknown protocol: ${shown(scheme)}` };
  try {
    const receiver = new Receiver(heldBytes);
    const { status, url: from } = await api.download(url, { maxBytes, into: receiver.take });
    if (!from.toLowerCase().startsWith(`${scheme.toLowerCase()}:`)) {
      // HttpURLConnection follows a redirect within one protocol alone
      const why = `Bad server response: a redirect from ${scheme.toLowerCase()} to another protocol`;
      if (manners.mode === 'launcher') return { why };
      find(run, 'LAUNCHER_DIFFERS', shownAddress(url), `launcher 6.36 does not follow it: ${why}`);
    }
    return status === 200 ? { received: receiver.end() } : { why: `Bad server response: ${status}` };
  } catch (error) {
    if (signal.aborted || !isRollcallError(error)) throw error;
    return { why: wholeMessage(error), hint: error.hint };
  }
}
