// How the documents in CSP nodes are read and written: schemas of xs:sequence, values of XML Schema's simple types.
import { isRollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { elementsOf, textOf, type XmlElement } from '../xml/element.js';
import { readXml } from '../xml/read.js';
import { escapeAttribute, escapeText } from '../xml/write.js';

/** Bounds of ours: a profile with a hundred trusted roots has some 20 KiB. */
const maxBytes = 256 * 1024;
const maxDepth = 40;
const maxElements = 4000;

/** CSP_MALFORMED. `what` never holds a value of the document, which may be a secret. */
export const malformed = (what: string, cause?: unknown) =>
  protocolError('CSP_MALFORMED', what, cause === undefined ? {} : { cause });

/**
 * The root of a document that lies in a node as text: whatever encoding it declares, it was decoded with its message. Throws
 * CSP_MALFORMED where it is no XML, or where its root has another name or namespace (`others`: namespaces that are taken too).
 */
export function readDocument(
  text: string,
  name: string,
  namespace: string,
  others: readonly string[] = [],
): XmlElement {
  const root = parsed(text, name);
  if (root.name === name && [namespace, ...others].includes(root.namespace)) return root;
  throw malformed(`the document is no ${name}${namespace === '' ? '' : ` of ${namespace}`}`);
}

const declaration = /^\uFEFF?\s*<\?xml\s[^?]{0,200}\?>/;

function parsed(text: string, name: string): XmlElement {
  try {
    return readXml(Buffer.from(text.replace(declaration, '').trim(), 'utf8'), { maxBytes, maxDepth, maxElements });
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    throw malformed(`the ${name} cannot be read as XML (${error.code})`, error);
  }
}

/** The children of an element, by name, in the order of its schema. */
export type Parts = ReadonlyMap<string, readonly XmlElement[]>;

/**
 * The children of an element that an xs:sequence describes: each of `names` at most once, but for those that end in `*`, in this
 * order; elements of other namespaces anywhere (xs:any ##other). Throws CSP_MALFORMED for anything else, and for text between.
 */
export function inSequence(element: XmlElement, names: readonly string[]): Parts {
  if (textOf(element).trim() !== '') throw malformed(`${element.name} holds text between its elements`);
  const parts = new Map<string, XmlElement[]>();
  let at = 0;
  for (const child of elementsOf(element)) {
    if (child.namespace !== element.namespace) continue;
    const index = names.findIndex((name) => name.replace('*', '') === child.name);
    if (index < 0) throw malformed(`${element.name} has no element ${child.name.slice(0, 60)}`);
    const found = parts.get(child.name) ?? [];
    if (found.length > 0 && names[index]?.endsWith('*') !== true)
      throw malformed(`${element.name} has ${child.name} twice`);
    if (index < at) throw malformed(`${child.name} stands in the wrong place of ${element.name}`);
    at = index;
    parts.set(child.name, [...found, child]);
  }
  return parts;
}

/** The first child of this name. */
export const partOf = (parts: Parts, name: string): XmlElement | undefined => parts.get(name)?.[0];

/** A child of this name, which the schema asks for. Throws CSP_MALFORMED. */
export function neededPart(parts: Parts, name: string, of: string): XmlElement {
  const part = partOf(parts, name);
  if (part === undefined) throw malformed(`${of} has no ${name}`);
  return part;
}

/** The text of an element that holds no elements, without white space around it. Throws CSP_MALFORMED. */
export function plainText(element: XmlElement): string {
  if (elementsOf(element).length > 0) throw malformed(`${element.name} holds elements where text belongs`);
  return textOf(element).trim();
}

/** The text of a child; undefined where it is not there. */
export function textAt(parts: Parts, name: string): string | undefined {
  const part = partOf(parts, name);
  return part === undefined ? undefined : plainText(part);
}

/** xs:boolean. Throws CSP_MALFORMED. */
export function booleanOf(text: string, what: string): boolean {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw malformed(`${what} is neither true nor false`);
}

export function booleanAt(parts: Parts, name: string): boolean | undefined {
  const text = textAt(parts, name);
  return text === undefined ? undefined : booleanOf(text, name);
}

/** One of the words of an enumeration, as it is written. Throws CSP_MALFORMED. */
export function wordOf<const T extends string>(text: string, words: readonly T[], what: string): T {
  const word = words.find((each) => each === text);
  if (word === undefined) throw malformed(`${what} is none of ${words.join(', ')}`);
  return word;
}

/** A whole number of this many digits at most. Throws CSP_MALFORMED. */
export function numberOf(text: string, what: string, digits = 10): number {
  if (/^\d+$/.test(text) && text.length <= digits) return Number(text);
  throw malformed(`${what} is no whole number`);
}

/** An SHA-1 thumbprint as Windows writes it, with or without white space: 40 hexadecimal digits, upper case. Throws CSP_MALFORMED. */
export function thumbprintOf(text: string, what: string): string {
  const digits = text.replace(/[\s\u200e]/g, '').toUpperCase();
  if (/^[0-9A-F]{40}$/.test(digits)) return digits;
  throw malformed(`${what} is no SHA-1 thumbprint`);
}

/** Markup that is finished, to be told from text that is still to be escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

type Content = Markup | string | boolean | number | undefined;

/** An element with what it holds; undefined contents are left out. */
export function tag(name: string, ...contents: readonly Content[]): Markup {
  return tagIn(name, undefined, ...contents);
}

/** The same, and it binds the default namespace. */
export function tagIn(name: string, namespace: string | undefined, ...contents: readonly Content[]): Markup {
  const binding = namespace === undefined ? '' : ` xmlns="${escapeAttribute(namespace)}"`;
  const inside = contents.map(written).join('');
  return new Markup(inside === '' ? `<${name}${binding}/>` : `<${name}${binding}>${inside}</${name}>`);
}

/** The element, or nothing where there is nothing to hold. */
export const maybeTag = (name: string, content: Content): Markup | undefined =>
  content === undefined ? undefined : tag(name, content);

function written(content: Content): string {
  if (content === undefined) return '';
  return content instanceof Markup ? content.text : escapeText(String(content));
}

/** Several pieces of markup in a row. */
export const inRow = (...parts: readonly (Markup | undefined)[]): Markup =>
  new Markup(parts.map((part) => part?.text ?? '').join(''));
