import { createHash } from 'node:crypto';
import type { SavedAccount, SavedAuthentication } from '../saved.js';
import type { CspModule, NodeAddress, NodeWrite, Refusal } from './module.js';
import { badValue, namesBelow, notAllowed, notHere, schemaPath } from './path.js';

/**
 * Name of the account's node: a number, and the SHA-256 of the PROVIDER-ID in UTF-16. The number is not known to mean anything; the
 * whole is what Fleet's server addresses for the provider `Fleet`, and its digest is that (compared).
 */
export const accountUid = (providerId: string): string =>
  `0x0000800c${createHash('sha256').update(Buffer.from(providerId, 'utf16le')).digest('hex').toUpperCase()}`;

/** The names of credentials: whose they are. CLCRED is what the client shows to the server, the APPSRV of the w7 document. */
const credentials = { CLCRED: 'appSrv', SRVCRED: 'client' } as const;
type Level = keyof typeof credentials;

const levelOf = (name: string | undefined): Level | undefined => {
  const upper = name?.toUpperCase();
  return upper === 'CLCRED' || upper === 'SRVCRED' ? upper : undefined;
};

const server = 'Server';
const root = './SyncML/DMAcc';

/**
 * DMAcc: the DM account (specs/windows.md §1.10, §2.2). It is what sessions are made by: a server that writes new credentials into
 * AppAuth/CLCRED has the device sign in with them from the next message on. Secrets can be written and not read; the account can
 * be neither removed nor joined by another one (our rule: a device has one authority).
 */
export const dmAccModule: CspModule = {
  roots: [root],
  get(node, { memory }) {
    const { account } = memory.data;
    const names = namesBelow(node, 'DMAcc');
    if (!isLive(names[0], account)) return notHere(`there is no account ${names[0] ?? ''}`);
    return leafOf(account, node);
  },
  children(node, { memory }) {
    const { account } = memory.data;
    const names = namesBelow(node, 'DMAcc');
    if (names.length === 0) return [accountUid(account.providerId)];
    if (!isLive(names[0], account)) return [];
    return childrenOf(account, schemaPath(node, 'DMAcc'), names);
  },
  judge({ verb, node, value }, { memory }) {
    const { account } = memory.data;
    const names = namesBelow(node, 'DMAcc');
    if (!isLive(names[0], account))
      return verb === 'Add'
        ? notAllowed('the device has an account already')
        : notHere(`there is no account ${names[0]}`);
    if (verb === 'Delete') return notAllowed('the account of the enrollment cannot be removed');
    return judged(account, node, names, value?.value);
  },
  written(write, { memory, tree }) {
    const { account } = memory.data;
    const changed = changedBy(account, write);
    if (changed === undefined) return undefined;
    memory.change({ account: changed });
    tree.remove(write.node.uri); // the account has it: no secret stays in the tree, and no second truth
    return undefined;
  },
};

const isLive = (uid: string | undefined, { providerId }: SavedAccount): boolean =>
  uid?.toLowerCase() === accountUid(providerId).toLowerCase();

/** The account's own values; undefined: what was written there, or the default. */
function leafOf(account: SavedAccount, node: NodeAddress): string | Refusal | undefined {
  const path = schemaPath(node, 'DMAcc').replace('{AccountUID}/', '');
  const names = namesBelow(node, 'DMAcc');
  if (path.startsWith('AppAuth/')) return credentialLeaf(account, names[2], path);
  const { port, protocol } = new URL(account.address);
  switch (path) {
    case 'AppID':
      return 'w7';
    case 'ServerID':
      return account.providerId;
    case 'Name':
      return account.name;
    case 'AppAddr/{ObjectName}/Addr':
      return account.address;
    case 'AppAddr/{ObjectName}/AddrType':
      return 'URI';
    case 'AppAddr/{ObjectName}/Port/{ObjectName}/PortNbr':
      return port !== '' ? port : protocol === 'http:' ? '80' : '443';
    case 'AAuthPref':
      return account.appSrv?.type ?? notHere('no credentials of the device are set');
    case 'Ext/Microsoft/Role':
      return '8'; // an enterprise's
    case 'Ext/Microsoft/ProtoVer':
      return '1.2';
    case 'Ext/Microsoft/DefaultEncoding':
      return `application/vnd.syncml.dm+${account.wbxml === true ? 'wbxml' : 'xml'}`;
    case 'Ext/Microsoft/ConnRetryFreq':
      return String(account.connRetryFreq);
    case 'Ext/Microsoft/InitialBackOffTime':
      return String(account.initialBackOffMs);
    case 'Ext/Microsoft/MaxBackOffTime':
      return String(account.maxBackOffMs);
    case 'Ext/Microsoft/SSLCLIENTCERTSEARCHCRITERIA':
      return account.searchCriteria ?? notHere('none is set');
    default:
      return undefined;
  }
}

function credentialLeaf(account: SavedAccount, name: string | undefined, path: string): string | Refusal {
  const level = levelOf(name);
  const held = level === undefined ? undefined : account[credentials[level]];
  if (level === undefined || held === undefined) return notHere(`there are no credentials ${name ?? ''}`);
  switch (path.split('/').at(-1)) {
    case 'AAuthLevel':
      return level;
    case 'AAuthType':
      return held.type;
    case 'AAuthName':
      return held.name ?? notHere('they have no name');
    default:
      return notAllowed('secrets and nonces are not read');
  }
}

function childrenOf(account: SavedAccount, path: string, names: readonly string[]): readonly string[] {
  switch (path.replace('{AccountUID}', '').replace(/^\//, '')) {
    case '':
      return ['AppID', 'ServerID', 'Name', 'AppAddr', 'AAuthPref', 'AppAuth'];
    case 'AppAddr':
      return [server];
    case 'AppAddr/{ObjectName}':
      return ['Addr', 'AddrType', 'Port'];
    case 'AppAddr/{ObjectName}/Port':
      return [server];
    case 'AppAddr/{ObjectName}/Port/{ObjectName}':
      return ['PortNbr'];
    case 'AppAuth':
      return (['CLCRED', 'SRVCRED'] as const).filter((level) => account[credentials[level]] !== undefined);
    case 'AppAuth/{ObjectName}':
      return levelOf(names[2]) === undefined ? [] : ['AAuthLevel', 'AAuthType', 'AAuthName'];
    default:
      return [];
  }
}

function judged(
  account: SavedAccount,
  node: NodeAddress,
  names: readonly string[],
  value: string | undefined,
): Refusal | undefined {
  const path = schemaPath(node, 'DMAcc').replace('{AccountUID}/', '');
  if (path.startsWith('AppAuth/') && levelOf(names[2]) === undefined)
    return badValue(`credentials are called CLCRED or SRVCRED, not ${names[2] ?? ''}`);
  if (value === undefined) return undefined;
  if (path === 'ServerID' && value !== account.providerId)
    return badValue('the provider of an enrollment cannot change');
  if (path === 'AppAddr/{ObjectName}/Addr') return judgedAddress(value, account.address);
  if (path.endsWith('/AAuthLevel') && value.toUpperCase() !== names[2]?.toUpperCase())
    return badValue(`the credentials ${names[2] ?? ''} are of another level`);
  return undefined;
}

/** An account goes to https, or on by http where it came by it (a test server). */
export function judgedAddress(address: string, present: string): Refusal | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isGood = url !== undefined && (url.protocol === 'https:' || url.protocol === new URL(present).protocol);
  return isGood && url.username === '' ? undefined : badValue(`“${address}” is no address of a server`);
}

/** The account after this write; undefined where the leaf is none of its own. */
function changedBy(account: SavedAccount, { node, value }: NodeWrite): SavedAccount | undefined {
  if (value === undefined) return undefined;
  const path = schemaPath(node, 'DMAcc').replace('{AccountUID}/', '');
  const text = value.value;
  switch (path) {
    case 'AppAuth/{ObjectName}/AAuthType':
      return text === 'BASIC' || text === 'DIGEST' ? withCredential(account, node, { type: text }) : account;
    case 'AppAuth/{ObjectName}/AAuthName':
      return withCredential(account, node, { name: text });
    case 'AppAuth/{ObjectName}/AAuthSecret':
      return withCredential(account, node, { secret: text });
    case 'AppAuth/{ObjectName}/AAuthData':
      return withCredential(account, node, { nonce: text });
    case 'AppAuth/{ObjectName}/AAuthLevel':
      return account;
    case 'AAuthPref':
      return account.appSrv !== undefined && (text === 'BASIC' || text === 'DIGEST')
        ? { ...account, appSrv: { ...account.appSrv, type: text } }
        : account;
    case 'ServerID':
      return account;
    case 'Name':
      return { ...account, name: text };
    case 'AppAddr/{ObjectName}/Addr':
      return { ...account, address: text };
    case 'Ext/Microsoft/ConnRetryFreq':
      return { ...account, connRetryFreq: wholeNumber(text, account.connRetryFreq) };
    case 'Ext/Microsoft/InitialBackOffTime':
      return { ...account, initialBackOffMs: wholeNumber(text, account.initialBackOffMs) };
    case 'Ext/Microsoft/MaxBackOffTime':
      return { ...account, maxBackOffMs: wholeNumber(text, account.maxBackOffMs) };
    case 'Ext/Microsoft/SSLCLIENTCERTSEARCHCRITERIA':
      return { ...account, searchCriteria: text };
    case 'Ext/Microsoft/DefaultEncoding': {
      const { wbxml: _before, ...rest } = account;
      return text.toLowerCase().endsWith('+wbxml') ? { ...rest, wbxml: true } : rest;
    }
    default:
      return undefined;
  }
}

const wholeNumber = (text: string, otherwise: number): number =>
  /^\d{1,10}$/.test(text.trim()) ? Number(text) : otherwise;

/** Credentials that were not there begin as an MD5 digest without a secret. */
function withCredential(account: SavedAccount, node: NodeAddress, patch: Partial<SavedAuthentication>): SavedAccount {
  const level = levelOf(namesBelow(node, 'DMAcc')[2]);
  if (level === undefined) return account;
  const key = credentials[level];
  const before: SavedAuthentication = account[key] ?? { type: 'DIGEST', secret: '' };
  return { ...account, [key]: { ...before, ...patch } };
}
