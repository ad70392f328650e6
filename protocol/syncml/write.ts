// SyncML 1.2 as Windows writes it (specs/windows.md §1.9, §1.10), byte for byte: order of elements, a namespace on each child of
// Meta, no white space, no declaration. A server's messages have the same form. By templates: this is written in every check-in.
import { escapeAttribute, escapeText } from '../xml/write.js';
import type {
  AlertCommand,
  Cred,
  Item,
  Meta,
  ResultsCommand,
  StatusCommand,
  SyncHdr,
  SyncMlCommand,
  SyncMlMessage,
} from './message.js';

/** Of the message and of what lies in Meta. */
export const syncMlNamespace = 'SYNCML:SYNCML1.2';
export const metInfNamespace = 'syncml:metinf';
/** Of the attribute `originalerror`; declared on SyncBody by whoever uses it. */
const msftNamespace = 'http://schemas.microsoft.com/MobileDevice/MDM';

/**
 * Writes a message. An Unknown command is written as its name and CmdID. Characters that XML cannot hold become U+FFFD, a carriage
 * return becomes a reference, so that the reader gets it back.
 *
 * @example
 * encodeSyncMl({ header, commands: [{ verb: 'Alert', cmdId: '2', data: '1201', items: [] }], isFinal: true });
 */
export function encodeSyncMl({ header, commands, isFinal }: SyncMlMessage): Buffer {
  const msft = commands.some((each) => each.verb === 'Status' && each.originalError !== undefined);
  let body = '';
  for (const command of commands) body += commandText(command);
  return Buffer.from(
    `<SyncML xmlns="${syncMlNamespace}">${headerText(header)}<SyncBody${msft ? ` xmlns:msft="${msftNamespace}"` : ''}>${
      body
    }${isFinal ? '<Final/>' : ''}</SyncBody></SyncML>`,
    'utf8',
  );
}

/** One command as it stands in SyncBody: what a message of bounded size is filled with. */
export function commandText(command: SyncMlCommand): string {
  switch (command.verb) {
    case 'Status':
      return statusText(command);
    case 'Results':
      return resultsText(command);
    case 'Alert':
      return alertText(command);
    case 'Unknown':
      return `<${command.name}>${leaf('CmdID', command.cmdId)}</${command.name}>`;
    case 'Atomic':
    case 'Sequence': {
      let inner = leaf('CmdID', command.cmdId) + metaText(command.meta);
      for (const each of command.commands) inner += commandText(each);
      return `<${command.verb}>${inner}</${command.verb}>`;
    }
    default:
      return `<${command.verb}>${leaf('CmdID', command.cmdId)}${metaText(command.meta)}${itemsText(command.items)}</${command.verb}>`;
  }
}

const headerText = (header: SyncHdr): string =>
  `<SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>${leaf('SessionID', header.sessionId)}${leaf('MsgID', header.msgId)}${`<Target>${leaf('LocURI', header.target)}</Target>`}<Source>${leaf('LocURI', header.source)}${leaf('LocName', header.sourceName)}</Source>${leaf('RespURI', header.respUri)}${credText(header.cred)}${metaText(
    header.meta,
  )}</SyncHdr>`;

function statusText(status: StatusCommand): string {
  let refs = '';
  for (const ref of status.targetRefs) refs += leaf('TargetRef', ref);
  for (const ref of status.sourceRefs) refs += leaf('SourceRef', ref);
  const error =
    status.originalError === undefined ? '' : ` msft:originalerror="${escapeAttribute(status.originalError)}"`;
  const chal = status.chal === undefined ? '' : `<Chal>${metaText(status.chal)}</Chal>`;
  return `<Status>${leaf('CmdID', status.cmdId)}${leaf('MsgRef', status.msgRef)}${leaf('CmdRef', status.cmdRef)}${leaf('Cmd', status.cmd)}${
    refs
  }${credText(status.cred)}${chal}<Data${error}>${escaped(status.data)}</Data>${itemsText(status.items)}</Status>`;
}

const resultsText = (results: ResultsCommand): string =>
  `<Results>${leaf('CmdID', results.cmdId)}${leaf('MsgRef', results.msgRef)}${leaf('CmdRef', results.cmdRef)}${leaf('Cmd', results.cmd)}${
    metaText(results.meta) + itemsText(results.items)
  }</Results>`;

const alertText = (alert: AlertCommand): string =>
  `<Alert>${leaf('CmdID', alert.cmdId)}${leaf('Data', alert.data)}${itemsText(alert.items, true)}</Alert>`;

function itemsText(items: readonly Item[], isAlert = false): string {
  let text = '';
  for (const item of items) text += itemText(item, isAlert);
  return text;
}

/** One Item; in an Alert, Windows writes Type before Format (captures of 26200, Learn). */
export const itemText = (item: Item, isAlert = false): string =>
  `<Item>${item.target === undefined ? '' : `<Target>${leaf('LocURI', item.target)}</Target>`}${
    item.source === undefined ? '' : `<Source>${leaf('LocURI', item.source)}</Source>`
  }${metaText(item.meta, isAlert)}${leaf('Data', item.data)}${item.moreData === true ? '<MoreData/>' : ''}</Item>`;

const credText = (cred: Cred | undefined): string =>
  cred === undefined ? '' : `<Cred>${metaText(cred.meta)}${leaf('Data', cred.data)}</Cred>`;

function metaText(meta: Meta | undefined, isAlert = false): string {
  if (meta === undefined) return '';
  const format = metInf('Format', meta.format);
  const type = metInf('Type', meta.type);
  return `<Meta>${isAlert ? type + format : format + type}${metInf('Mark', meta.mark)}${metInf('Size', meta.size)}${metInf(
    'NextNonce',
    meta.nextNonce,
  )}${metInf('MaxMsgSize', meta.maxMsgSize)}${metInf('MaxObjSize', meta.maxObjSize)}</Meta>`;
}

const metInf = (name: string, value: string | number | undefined): string =>
  value === undefined ? '' : `<${name} xmlns="${metInfNamespace}">${escaped(String(value))}</${name}>`;

const leaf = (name: string, value: string | undefined): string =>
  value === undefined ? '' : `<${name}>${escaped(value)}</${name}>`;

// Most texts need nothing: they are looked at once.
const special = /[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/;
const escaped = (text: string): string => (special.test(text) ? escapeText(text) : text);
