// How a SyncML message is shown in a trace: one line a command, its Items below, statuses with their names.
import { isSecretName } from '../../base/secret-names.js';
import { withoutSecretText } from '../printing/masked-text.js';
import { outline } from '../printing/outline.js';
import { indented, type PrintContext, type Printer, secretMark } from '../printing/printer.js';
import type { Cred, Item, Meta, StatusCommand, SyncHdr, SyncMlCommand, SyncMlMessage } from './message.js';
import { decodeSyncMl } from './read.js';
import { alertNames, statusText } from './status.js';
import { decodeWbxml } from './wbxml.js';

/** SyncML as XML. What cannot be read is shown as text, without its Data. */
export const syncMlPrinter: Printer = {
  name: 'SyncML',
  handles: (contentType, body) => contentType === 'application/vnd.syncml.dm+xml' || rootTag.test(beginning(body)),
  print(body, context) {
    let message: SyncMlMessage;
    try {
      message = decodeSyncMl(body, { isLiberal: true });
    } catch (error) {
      if (!rootTag.test(beginning(body))) throw error;
      return [`SyncML that cannot be read: ${error instanceof Error ? line(error.message) : ''}`, ...unreadable(body)];
    }
    return linesOf(message, context);
  },
};

/** SyncML as WBXML. */
export const wbxmlPrinter: Printer = {
  name: 'SyncML (WBXML)',
  handles: (contentType, body) =>
    contentType === 'application/vnd.syncml.dm+wbxml' ||
    /^[\x01-\x03](?:\xa4\x01|\x9f\x53)[\x6a\x03]/.test(beginning(body)),
  print: (body, context) => linesOf(decodeWbxml(body, { isLiberal: true }), context),
};

const rootTag = /<(?:[\w.-]{1,60}:)?SyncML[\s>]/;
const beginning = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 512)).toString('latin1');

const linesOf = ({ header, commands, isFinal }: SyncMlMessage, context: PrintContext): readonly string[] => [
  `SyncML session ${line(header.sessionId)}, message ${line(header.msgId)}${isFinal ? ', final' : ''}`,
  ...indented(headerLines(header)),
  ...commands.flatMap((command) => commandLines(command, context)),
];

function headerLines({ target, source, sourceName, respUri, cred, meta }: SyncHdr): readonly string[] {
  const name = sourceName === undefined ? '' : ` as ${line(sourceName)}`;
  return [
    `from ${line(source)}${name}`,
    `to ${line(target)}`,
    ...(respUri === undefined ? [] : [`answers to ${line(respUri)}`]),
    ...credLine(cred),
    ...sizeLine(meta),
  ];
}

const credLine = (cred: Cred | undefined): readonly string[] =>
  cred === undefined ? [] : [`Cred ${line(cred.meta?.type ?? '')} ${secretMark}`.replace(/ {2,}/, ' ')];

function sizeLine({ maxMsgSize, maxObjSize }: Meta = {}): readonly string[] {
  const sizes = [
    ...(maxMsgSize === undefined ? [] : [`MaxMsgSize ${maxMsgSize}`]),
    ...(maxObjSize === undefined ? [] : [`MaxObjSize ${maxObjSize}`]),
  ];
  return sizes.length === 0 ? [] : [sizes.join(', ')];
}

function commandLines(command: SyncMlCommand, context: PrintContext): readonly string[] {
  const id = command.cmdId === undefined ? '' : ` ${line(command.cmdId)}`;
  switch (command.verb) {
    case 'Status':
      return [
        `Status${id}: ${statusLine(command)}`,
        ...indented([...chalLine(command), ...itemsOf(command.items, context)]),
      ];
    case 'Results':
      return [`Results${id} of ${line(command.cmdRef)}`, ...indented(itemsOf(command.items, context, command.meta))];
    case 'Alert': {
      const name = alertNames[command.data];
      const code = line(command.data) + (name === undefined ? '' : ` ${name}`);
      return [`Alert${id}: ${code}`, ...indented(itemsOf(command.items, context))];
    }
    case 'Unknown':
      return [`${line(command.name)}${id}, which is no command of device management`];
    case 'Atomic':
    case 'Sequence':
      return [`${command.verb}${id}`, ...indented(command.commands.flatMap((each) => commandLines(each, context)))];
    default:
      return [`${command.verb}${id}`, ...indented(itemsOf(command.items, context, command.meta))];
  }
}

/** `200 OK of Get 5 in message 2 ./DevDetail/SwV` */
function statusLine({ data, cmd, cmdRef, msgRef, targetRefs, originalError }: StatusCommand): string {
  const about = cmd === 'SyncHdr' ? `SyncHdr of message ${msgRef}` : `${cmd} ${cmdRef} of message ${msgRef}`;
  const error = originalError === undefined ? '' : `, ${originalError}`;
  return line(`${statusText(data)}${error} for ${about}${targetRefs.map((ref) => ` ${ref}`).join('')}`);
}

const chalLine = ({ chal }: StatusCommand): readonly string[] =>
  chal === undefined
    ? []
    : [`Chal ${line(chal.type ?? '')}${chal.nextNonce === undefined ? '' : `, NextNonce ${secretMark}`}`];

const itemsOf = (items: readonly Item[], context: PrintContext, meta: Meta = {}): readonly string[] =>
  items.flatMap((item) => itemLines(item, meta, context));

/** `./DevInfo/Man (chr) "Example"`; what the Data is of more than one line stands below. */
function itemLines(item: Item, around: Meta, context: PrintContext): readonly string[] {
  const { target, source, data, moreData } = item;
  const meta = { ...around, ...item.meta };
  const between = target !== undefined && source !== undefined ? `${source} to ${target}` : (target ?? source ?? '');
  const kinds = [meta.format, meta.type, meta.mark].filter((each) => each !== undefined).join(', ');
  const more = moreData === true ? ' (more follows)' : '';
  const start = line([between, kinds === '' ? '' : `(${kinds})`].filter((each) => each !== '').join(' '));
  const [first, ...rest] = data === undefined ? [] : dataLines(data, item, meta, context);
  return [`${start}${first === undefined || start === '' ? '' : ' '}${first ?? ''}${more}`, ...indented(rest)];
}

function dataLines(data: string, { target, source }: Item, { type }: Meta, context: PrintContext): readonly string[] {
  if ([target, source, type].some(isSecretNode) && !isSwitch(data)) return [secretMark];
  if (/^[0-9A-Fa-f]{1,128}$/.test(data)) return [`"${data}"`]; // an identifier, and no base64
  if (!/^\s{0,100}</.test(data)) return outline(data, context);
  const lines = context.inner(Buffer.from(data, 'utf8'));
  return lines.length === 0 ? outline(data, context) : [`${data.length.toLocaleString('en-US')} characters`, ...lines];
}

/** The nonce of an account (AAuthData) counts as one of its secrets. */
function isSecretNode(address = ''): boolean {
  const last = decoded(address.slice(0, 4096).replace(/^.*[/:.]/s, ''));
  return isSecretName(last) || /^aauthdata$/i.test(last);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** That something is on or off is no secret. */
const isSwitch = (data: string): boolean => /^\s?(?:true|false|0|1)?\s?$/i.test(data);

const maxText = 300;

/** One line of it, masked and bounded. */
function line(text: string): string {
  const shown = withoutSecretText(text.slice(0, 2_000)).replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ');
  return shown.length > maxText ? `${shown.slice(0, maxText)}...` : shown;
}

const maxUnreadable = 64 * 1024;

/** The text of what was to be a message. Nobody knows what is in its Data: nothing of that is shown but status codes. */
function unreadable(body: Uint8Array): readonly string[] {
  const text = Buffer.from(body.subarray(0, maxUnreadable)).toString('utf8');
  const named = text
    .replace(
      /<([\w.:-]{0,60}Data)\b[^<>]{0,500}>(?!\s{0,20}[1-5]\d\d<)[\s\S]*?(?=<\/(?:[\w.-]{1,60}:)?(?:Item|Cred)\b|$)/g,
      `<$1>${secretMark}`,
    )
    .replace(/<([\w.:-]{0,60}NextNonce)\b[^<>]{0,500}>[^<]*/g, `<$1>${secretMark}`);
  return withoutSecretText(named)
    .slice(0, 4_000)
    .replaceAll('><', '>\n<')
    .split(/[\r\n]+/);
}
