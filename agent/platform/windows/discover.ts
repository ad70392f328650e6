// Finding the enrollment services (specs/windows.md §1.1): from a user principal name or from an address, which is used as given.
import { isRollcallError } from '../../../base/errors.js';
import { shownAddress } from '../../../base/shown-address.js';
import { type DiscoverResponse, decodeDiscoverResponse, encodeDiscover } from '../../../protocol/mde2/discover.js';
import { hresultOfStatus } from '../../../protocol/mde2/hresult.js';
import type { HttpAnswer } from '../../model/ports.js';
import type { DeviceFacts } from '../../model/state.js';
import type { Invitation } from '../driver.js';
import { failed, hresult } from './failures.js';
import { mannersOf } from './manners.js';
import { osEditionOf } from './request-facts.js';
import { readReply, SoapExchange, type SoapWire } from './soap-exchange.js';

/** What DiscoverResponse says; its addresses are as they came. */
export type Discovered = DiscoverResponse;

const path = '/EnrollmentServer/Discovery.svc';
const mostRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where a discovery begins: the address, and as what Windows writes it into the message. */
interface Start {
  readonly url: string;
  readonly to: string;
  /** Found by itself, so that plain http may be asked where to go. */
  readonly isGuessed: boolean;
}

/**
 * Probes with GET, follows its redirects, and posts Discover. Throws ENROLL_FAILED 0x8018001A for a redirect that is not to https,
 * 0x8018002B where neither an address nor a domain is known, what a fault or a status says, and what the transport throws.
 */
export async function discover(invitation: Invitation, facts: DeviceFacts, wire: SoapWire): Promise<Discovered> {
  const start = startOf(invitation);
  const exchange = new SoapExchange(wire);
  try {
    const url = await probe(start, exchange, wire);
    const body = encodeDiscover({
      to: url === start.url ? start.to : url,
      emailAddress: invitation.user ?? '', // a programmatic enrollment names nobody
      requestVersion: mannersOf(facts).discoverVersion,
      applicationVersion: facts.osVersion,
      osEdition: osEditionOf(facts),
      authPolicies: ['OnPremise', 'Federated', ...(invitation.certificate === undefined ? [] : ['Certificate'])],
    });
    return readReply('Discovery', url, await exchange.post('Discover', url, body), decodeDiscoverResponse);
  } finally {
    exchange.close();
  }
}

function startOf({ url, user }: Invitation): Start {
  if (url !== undefined) return { url, to: url, isGuessed: false };
  const domain = user === undefined ? undefined : /^[^@\s]+@([^@\s/?#:]+)$/.exec(user)?.[1];
  if (domain === undefined || !URL.canParse(`https://enterpriseenrollment.${domain}/`))
    throw failed('Discovery', 0x8018002b, 'neither an address nor a user principal name says where to enroll', {
      hint: 'Give the address of the discovery service with --server, or user@domain with --user.',
    });
  return {
    url: `https://enterpriseenrollment.${domain.toLowerCase()}${path}`,
    to: `https://EnterpriseEnrollment.${domain}:443${path}`, // as Windows writes it, in the message alone
    isGuessed: true,
  };
}

/** The address that Discover is posted to. */
async function probe({ url: first, isGuessed }: Start, exchange: SoapExchange, wire: SoapWire): Promise<string> {
  let url = first;
  let answer: HttpAnswer;
  try {
    answer = await exchange.probe(url);
  } catch (error) {
    if (!isGuessed || !isRollcallError(error) || !mayAskPlainly(error.code)) throw error;
    url = await whereto(first, wire, error);
    answer = await exchange.probe(url);
  }
  for (let hops = url === first ? 0 : 1; ; hops++) {
    const { status, headers } = answer;
    const location = redirects.has(status) ? headers['location'] : undefined;
    if (location === undefined) return url; // whatever it says else, the POST decides
    if (hops >= mostRedirects)
      throw failed(
        'Discovery',
        hresultOfStatus(status),
        `${shownAddress(first)} leads on more than ${mostRedirects} times`,
      );
    url = targetOf(location, url, wire.allowHttp);
    answer = await exchange.probe(url);
  }
}

/** No answer over https, or none by a server that is trusted. */
const mayAskPlainly = (code: string): boolean => code === 'TRANSPORT_LOST' || code.startsWith('TLS_');

/** Asks over plain http for a redirect to https, and for nothing else. Throws the first failure where there is none. */
async function whereto(https: string, wire: SoapWire, first: Error): Promise<string> {
  const plain = https.replace(/^https:/, 'http:');
  const session = wire.ports.http.open({ server: wire.server, allowsHttp: true });
  try {
    const headers = { 'User-Agent': 'ENROLLClient', 'Cache-Control': 'no-cache', Pragma: 'no-cache' };
    const { signal } = wire;
    const answer = await session.request({
      operation: 'probe',
      method: 'GET',
      url: plain,
      headers,
      followsRedirects: false,
      signal,
    });
    const { location } = answer.headers;
    if (answer.status !== 302 || location === undefined) throw first;
    return targetOf(location, plain, wire.allowHttp);
  } catch (error) {
    if (wire.signal.aborted || (isRollcallError(error) && error.details['hresult'] !== undefined)) throw error;
    throw first;
  } finally {
    session.close();
  }
}

function targetOf(location: string, from: string, allowHttp: boolean): string {
  const url = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (url?.protocol === 'https:' || (allowHttp && url?.protocol === 'http:')) return url.href;
  const where = shownAddress(location).slice(0, 200);
  throw failed('Discovery', hresult.insecureRedirect, `${shownAddress(from)} leads to “${where}”, which is not https`);
}
