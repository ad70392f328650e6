// What is fetched from an address of the configuration. The launcher asks for the whole, takes 200 alone, and after a broken
// download begins at the first byte again: it knows no ranges.
import { isRollcallError, wholeMessage } from '../../../../base/errors.js';
import { shownAddress } from '../../../../base/shown-address.js';
import { type ApplyRun, find, shown } from './run.js';

/** The bytes, or why there are none in the launcher's words. */
export type Downloaded = { readonly bytes: Uint8Array } | { readonly why: string; readonly hint?: string };

export async function fetchBytes(run: ApplyRun, url: string, maxBytes: number): Promise<Downloaded> {
  const { api, signal, manners } = run.context;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1];
  if (scheme === undefined) return { why: 'no protocol' };
  if (!/^https?$/i.test(scheme)) return { why: `unknown protocol: ${shown(scheme)}` };
  try {
    const { status, body, url: from } = await api.download(url, { maxBytes });
    if (!from.toLowerCase().startsWith(`${scheme.toLowerCase()}:`)) {
      // HttpURLConnection follows a redirect within one protocol alone
      const why = `Bad server response: a redirect from ${scheme.toLowerCase()} to another protocol`;
      if (manners.mode === 'launcher') return { why };
      find(run, 'LAUNCHER_DIFFERS', shownAddress(url), `launcher 6.36 does not follow it: ${why}`);
    }
    return status === 200 ? { bytes: body } : { why: `Bad server response: ${status}` };
  } catch (error) {
    if (signal.aborted || !isRollcallError(error)) throw error;
    return { why: wholeMessage(error), hint: error.hint };
  }
}
