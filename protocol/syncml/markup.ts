// Data that holds elements: their markup is the value, as if it had been escaped.
import type { XmlElement } from '../xml/element.js';
import { escapeAttribute, escapeText } from '../xml/write.js';

const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';

/**
 * The content of an element as text: its text, or the markup of what it holds. Prefixes are not kept: an element of another namespace
 * than the one around it declares its own, an attribute's is bound to a prefix of ours. The message's own namespace is none there.
 */
export function markupIn({ children, namespace }: XmlElement): string {
  if (children.length === 0) return '';
  const [first] = children;
  if (children.length === 1 && typeof first === 'string') return first;
  if (children.every((child) => typeof child === 'string')) return children.join('');
  const within: Scope = { own: namespace, around: '' };
  return children.map((child) => (typeof child === 'string' ? escapeText(child) : markupOf(child, within))).join('');
}

interface Scope {
  /** The namespace of the message, which the markup loses. */
  readonly own: string;
  /** The namespace in force. */
  readonly around: string;
}

function markupOf({ name, namespace, attributes, children }: XmlElement, { own, around }: Scope): string {
  const mine = namespace === own ? '' : namespace;
  let tag = mine === around ? name : `${name} xmlns="${escapeAttribute(mine)}"`;
  attributes.forEach((attribute, at) => {
    const value = `="${escapeAttribute(attribute.value)}"`;
    if (attribute.namespace === '') tag += ` ${attribute.name}${value}`;
    else if (attribute.namespace === xmlNamespace) tag += ` xml:${attribute.name}${value}`;
    else tag += ` xmlns:n${at}="${escapeAttribute(attribute.namespace)}" n${at}:${attribute.name}${value}`;
  });
  if (children.length === 0) return `<${tag}/>`;
  const scope = { own, around: mine };
  const inner = children.map((child) => (typeof child === 'string' ? escapeText(child) : markupOf(child, scope)));
  return `<${tag}>${inner.join('')}</${name}>`;
}
