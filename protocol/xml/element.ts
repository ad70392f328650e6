// What a document is once it has been read: elements with their names resolved, and the text between them.

/** An attribute; `namespace` is empty for one without a prefix. Declarations of namespaces are none. */
export interface XmlAttribute {
  readonly name: string;
  readonly namespace: string;
  readonly value: string;
}

/** An element. Of a prefix that nothing binds, where that is let pass, the prefix itself is the namespace. */
export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  /** Empty where there is none. */
  readonly namespace: string;
  readonly attributes: readonly XmlAttribute[];
  /** Elements and texts in their order; neighbouring texts and CDATA sections are one text. Comments are none. */
  readonly children: readonly (XmlElement | string)[];
}

/** The elements directly below, in their order; of this name only, where one is given. */
export function elementsOf({ children }: XmlElement, name?: string): readonly XmlElement[] {
  return children.filter(
    (child): child is XmlElement => typeof child !== 'string' && (name === undefined || child.name === name),
  );
}

/** The first element of this name directly below, whatever its namespace. */
export const elementOf = (element: XmlElement, name: string): XmlElement | undefined => elementsOf(element, name)[0];

/** The text directly below, as it stands. */
export const textOf = ({ children }: XmlElement): string =>
  children.filter((child) => typeof child === 'string').join('');

/** The text of the first element of this name, without white space around it; undefined where there is no such element. */
export function textIn(element: XmlElement, name: string): string | undefined {
  const found = elementOf(element, name);
  return found === undefined ? undefined : textOf(found).trim();
}

/** The value of an attribute of this name, whatever its namespace. */
export const attributeOf = ({ attributes }: XmlElement, name: string): string | undefined =>
  attributes.find((attribute) => attribute.name === name)?.value;
