// SyncML 1.2 as it is read (specs/windows.md §1.9, §1.10): strictly, as a server reads a device, or liberally, as Windows reads servers.
import { attributeOf, elementOf, elementsOf, textIn, textOf, type XmlElement } from '../xml/element.js';
import { readXml } from '../xml/read.js';
import { markupIn } from './markup.js';
import {
  type AlertCommand,
  type Cred,
  type GroupCommand,
  type Item,
  type Meta,
  type ResultsCommand,
  type StatusCommand,
  type SyncHdr,
  type SyncMlCommand,
  type SyncMlMessage,
  type TreeVerb,
  treeVerbs,
} from './message.js';
import { Judge, malformed, required, shown } from './shape.js';

/** How a message is read, and the bounds on it. */
export interface SyncMlReading {
  /**
   * As Windows reads: namespace 1.1 and prefixes that nothing binds, MetInf without its namespace, missing CmdIDs and references,
   * elements that are not known. Default: strict.
   */
  readonly isLiberal?: boolean;
  /** Bytes of the message. Default: 4 MiB. */
  readonly maxBytes?: number;
  /** Commands of one message, with those in Atomic and Sequence. Default: 10,000. */
  readonly maxCommands?: number;
  /** Items of all commands together. Default: 20,000. */
  readonly maxItems?: number;
}

/** Atomic in Sequence in Atomic: Windows refuses one in the other, and readers must end somewhere (ours). */
const maxNesting = 8;
/** Elements within elements, with the markup that Data may hold. */
const maxDepth = 64;
const maxElements = 200_000;

/**
 * Reads a message. Order of children is free, white space around addresses and numbers means nothing, CmdIDs are what they are.
 * Elements inside Data become their markup, with declarations of namespaces where they need them.
 * Throws SYNCML_MALFORMED with the reason, XML_MALFORMED or XML_LIMIT.
 *
 * @example
 * decodeSyncMl(body, { isLiberal: true }).commands.map(({ verb }) => verb); // ['Status', 'Get']
 */
export function decodeSyncMl(bytes: Uint8Array, reading: SyncMlReading = {}): SyncMlMessage {
  const { isLiberal = false, maxBytes = 4 * 1024 * 1024 } = reading;
  return messageOf(readXml(bytes, { isLiberal, maxBytes, maxDepth, maxElements }), reading);
}

/** The message that a document is: what XML and WBXML share. Throws SYNCML_MALFORMED. */
export function messageOf(root: XmlElement, reading: SyncMlReading = {}): SyncMlMessage {
  return new MessageReader(reading).message(root);
}

class MessageReader {
  readonly #judge: Judge;
  #commandsLeft: number;
  #itemsLeft: number;

  constructor({ isLiberal = false, maxCommands = 10_000, maxItems = 20_000 }: SyncMlReading) {
    this.#judge = new Judge(isLiberal);
    this.#commandsLeft = maxCommands;
    this.#itemsLeft = maxItems;
  }

  message(root: XmlElement): SyncMlMessage {
    if (root.name !== 'SyncML') throw malformed(`the root is ${shown(root.name)}, not SyncML`);
    this.#judge.root(root);
    this.#judge.children(root, 'SyncML');
    const body = required(root, 'SyncBody');
    this.#judge.noText(body);
    const header = this.#header(required(root, 'SyncHdr'));
    const commands: SyncMlCommand[] = [];
    let isFinal = false;
    for (const child of elementsOf(body)) {
      if (child.name === 'Final') isFinal = true;
      else commands.push(this.#command(child, 0));
    }
    return { header, commands, isFinal };
  }

  #header(from: XmlElement): SyncHdr {
    this.#judge.children(from, 'SyncHdr');
    this.#judge.versions(textIn(from, 'VerDTD'), textIn(from, 'VerProto'));
    const source = elementOf(from, 'Source');
    const sourceName = source === undefined ? undefined : textIn(source, 'LocName');
    const respUri = textIn(from, 'RespURI');
    const cred = elementOf(from, 'Cred');
    const meta = elementOf(from, 'Meta');
    return {
      sessionId: this.#needed(from, 'SessionID'),
      msgId: this.#needed(from, 'MsgID'),
      target: this.#expected(locUriIn(from, 'Target'), 'SyncHdr', 'Target/LocURI'),
      source: this.#expected(locUriIn(from, 'Source'), 'SyncHdr', 'Source/LocURI'),
      ...(sourceName !== undefined && { sourceName }),
      ...(respUri !== undefined && { respUri }),
      ...(cred !== undefined && { cred: this.#cred(cred) }),
      ...(meta !== undefined && { meta: this.#meta(meta) }),
    };
  }

  #command(from: XmlElement, depth: number): SyncMlCommand {
    if (--this.#commandsLeft < 0) throw malformed('holds more commands than are read');
    const { name } = from;
    const id = textIn(from, 'CmdID');
    const identified = id === undefined || id === '' ? {} : { cmdId: id };
    const verb = treeVerbs.find((each) => each === name);
    const isCommand = verb !== undefined || name === 'Alert' || isGroup(name) || (depth === 0 && isAnswer(name));
    if (!isCommand) return { verb: 'Unknown', name, ...identified };
    this.#judge.command(from);
    if (identified.cmdId === undefined) this.#judge.missing(name, 'CmdID');
    if (verb !== undefined) return { verb, ...identified, ...this.#tree(from, verb) };
    if (isGroup(name)) return { verb: name, ...identified, ...this.#group(from, name, depth) };
    if (name === 'Status') return { verb: name, ...identified, ...this.#status(from) };
    if (name === 'Results') return { verb: name, ...identified, ...this.#results(from) };
    return { verb: 'Alert', ...identified, ...this.#alert(from) };
  }

  #tree(from: XmlElement, verb: TreeVerb): { items: readonly Item[]; meta?: Meta } {
    this.#judge.children(from, 'Command');
    const items = this.#items(from);
    if (items.length === 0) this.#judge.missing(verb, 'Item');
    return { items, ...this.#metaIn(from) };
  }

  #group(from: XmlElement, verb: GroupCommand['verb'], depth: number): Omit<GroupCommand, 'verb' | 'cmdId'> {
    if (depth >= maxNesting) throw malformed(`<${verb}> lies more than ${maxNesting} deep`);
    const commands: SyncMlCommand[] = [];
    this.#judge.noText(from);
    for (const child of elementsOf(from)) {
      if (!ofGroup.has(child.name)) commands.push(this.#command(child, depth + 1));
    }
    return { ...this.#metaIn(from), commands };
  }

  #alert(from: XmlElement): Omit<AlertCommand, 'verb' | 'cmdId'> {
    this.#judge.children(from, 'Alert');
    return { data: this.#expected(textIn(from, 'Data'), 'Alert', 'Data'), items: this.#items(from) };
  }

  #status(from: XmlElement): Omit<StatusCommand, 'verb' | 'cmdId'> {
    this.#judge.children(from, 'Status');
    const data = elementOf(from, 'Data');
    const code = this.#expected(data && textOf(data).trim(), 'Status', 'Data');
    if (!/^[1-5]\d\d$/.test(code)) this.#judge.wrong(`the Data of a Status is ${shown(code)}, not a status code`);
    const originalError = data && attributeOf(data, 'originalerror');
    const cred = elementOf(from, 'Cred');
    const chal = elementOf(from, 'Chal');
    return {
      msgRef: this.#expected(textIn(from, 'MsgRef'), 'Status', 'MsgRef'),
      cmdRef: this.#expected(textIn(from, 'CmdRef'), 'Status', 'CmdRef'),
      cmd: this.#expected(textIn(from, 'Cmd'), 'Status', 'Cmd'),
      targetRefs: elementsOf(from, 'TargetRef').map((each) => textOf(each).trim()),
      sourceRefs: elementsOf(from, 'SourceRef').map((each) => textOf(each).trim()),
      data: code,
      ...(cred !== undefined && { cred: this.#cred(cred) }),
      ...(chal !== undefined && { chal: this.#metaIn(chal).meta ?? {} }),
      items: this.#items(from),
      ...(originalError !== undefined && { originalError }),
    };
  }

  #results(from: XmlElement): Omit<ResultsCommand, 'verb' | 'cmdId'> {
    this.#judge.children(from, 'Results');
    const msgRef = textIn(from, 'MsgRef');
    const cmd = textIn(from, 'Cmd');
    const items = this.#items(from);
    if (items.length === 0) this.#judge.missing('Results', 'Item');
    return {
      ...(msgRef !== undefined && { msgRef }),
      cmdRef: this.#expected(textIn(from, 'CmdRef'), 'Results', 'CmdRef'),
      ...(cmd !== undefined && { cmd }),
      ...this.#metaIn(from),
      items,
    };
  }

  #items(from: XmlElement): readonly Item[] {
    const found = elementsOf(from, 'Item');
    this.#itemsLeft -= found.length;
    if (this.#itemsLeft < 0) throw malformed('holds more Items than are read');
    return found.map((each) => this.#item(each));
  }

  #item(from: XmlElement): Item {
    this.#judge.children(from, 'Item');
    const target = locUriIn(from, 'Target');
    const source = locUriIn(from, 'Source');
    const data = elementOf(from, 'Data');
    return {
      ...(target !== undefined && { target }),
      ...(source !== undefined && { source }),
      ...this.#metaIn(from),
      ...(data !== undefined && { data: markupIn(data) }),
      ...(elementOf(from, 'MoreData') !== undefined && { moreData: true }),
    };
  }

  #cred(from: XmlElement): Cred {
    return { ...this.#metaIn(from), data: this.#expected(textIn(from, 'Data'), 'Cred', 'Data') };
  }

  #metaIn(from: XmlElement): { meta?: Meta } {
    const meta = elementOf(from, 'Meta');
    return meta === undefined ? {} : { meta: this.#meta(meta) };
  }

  /** OMA puts a MetInf around the children, or leaves it out as Windows does. */
  #meta(from: XmlElement): Meta {
    const within = elementOf(from, 'MetInf') ?? from;
    this.#judge.children(within, 'Meta');
    const size = this.#number(within, 'Size');
    const maxMsgSize = this.#number(within, 'MaxMsgSize');
    const maxObjSize = this.#number(within, 'MaxObjSize');
    const text = (name: string, key: 'format' | 'type' | 'mark' | 'nextNonce'): Meta => {
      const value = textIn(within, name);
      return value === undefined ? {} : { [key]: value };
    };
    return {
      ...text('Format', 'format'),
      ...text('Type', 'type'),
      ...text('Mark', 'mark'),
      ...(size !== undefined && { size }),
      ...text('NextNonce', 'nextNonce'),
      ...(maxMsgSize !== undefined && { maxMsgSize }),
      ...(maxObjSize !== undefined && { maxObjSize }),
    };
  }

  #number(from: XmlElement, name: string): number | undefined {
    const text = textIn(from, name);
    if (text === undefined) return undefined;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    this.#judge.wrong(`<${name}> is ${shown(text)}, not a number`);
    return undefined;
  }

  /** What no answer can do without. */
  #needed(from: XmlElement, name: string): string {
    const text = textIn(from, name);
    if (text === undefined || text === '') throw malformed(`<${from.name}> has no <${name}>`);
    return text;
  }

  /** What may be missing where reading is liberal: empty then. */
  #expected(text: string | undefined, of: string, name: string): string {
    if (text === undefined) this.#judge.missing(of, name);
    return text ?? '';
  }
}

/** Children of Atomic and Sequence that are no commands. */
const ofGroup: ReadonlySet<string> = new Set(['CmdID', 'NoResp', 'Cred', 'Meta']);
const isGroup = (name: string): name is GroupCommand['verb'] => name === 'Atomic' || name === 'Sequence';
const isAnswer = (name: string): boolean => name === 'Status' || name === 'Results';

function locUriIn(from: XmlElement, name: string): string | undefined {
  const place = elementOf(from, name);
  return place && textIn(place, 'LocURI');
}
