// wap-provisioningdoc as a tree of characteristics and parms (specs/windows.md §1.5).
import type { Refuse } from '../../base/errors.js';
import { attributeOf, elementsOf, type XmlElement } from '../xml/element.js';
import { escapeAttribute } from '../xml/write.js';

const parmDatatypes = ['integer', 'boolean', 'string', 'float', 'binary'] as const;
export type ParmDatatype = (typeof parmDatatypes)[number];

export interface Parm {
  readonly name: string;
  /** Absent for flags such as BACKCOMPATRETRYDISABLED. */
  readonly value?: string;
  readonly datatype?: ParmDatatype;
}

export interface Characteristic {
  readonly type: string;
  readonly parms: readonly Parm[];
  readonly characteristics: readonly Characteristic[];
}

/** The characteristics of a document; `refuse` makes the error for what is none. */
export function readWap(root: XmlElement, refuse: Refuse): readonly Characteristic[] {
  if (root.name !== 'wap-provisioningdoc') throw refuse(`the document is <${root.name.slice(0, 60)}>`);
  return elementsOf(root).map((each) => readCharacteristic(each, refuse));
}

function readCharacteristic(element: XmlElement, refuse: Refuse): Characteristic {
  const type = attributeOf(element, 'type');
  if (element.name !== 'characteristic' || type === undefined) {
    throw refuse(`<${element.name.slice(0, 60)}> where a characteristic with a type is due`);
  }
  const parms: Parm[] = [];
  const characteristics: Characteristic[] = [];
  for (const child of elementsOf(element)) {
    if (child.name === 'parm') parms.push(readParm(child, refuse));
    else characteristics.push(readCharacteristic(child, refuse));
  }
  return { type, parms, characteristics };
}

function readParm(element: XmlElement, refuse: Refuse): Parm {
  const name = attributeOf(element, 'name');
  if (name === undefined) throw refuse('a parm without a name');
  const value = attributeOf(element, 'value');
  const said = attributeOf(element, 'datatype')?.toLowerCase();
  const datatype = parmDatatypes.find((each) => each === said);
  if (said !== undefined && datatype === undefined) throw refuse(`${name.slice(0, 60)}: no such datatype`);
  return { name, ...(value !== undefined && { value }), ...(datatype !== undefined && { datatype }) };
}

/** The document as text, in the layout of Learn's samples without white space. */
export const writeWap = (characteristics: readonly Characteristic[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?><wap-provisioningdoc version="1.1">${characteristics.map(writeCharacteristic).join('')}</wap-provisioningdoc>`;

const writeCharacteristic = ({ type, parms, characteristics }: Characteristic): string =>
  `<characteristic type="${escapeAttribute(type)}">${parms.map(writeParm).join('')}` +
  `${characteristics.map(writeCharacteristic).join('')}</characteristic>`;

function writeParm({ name, value, datatype }: Parm): string {
  const shown = value === undefined ? '' : ` value="${escapeAttribute(value)}"`;
  return `<parm name="${escapeAttribute(name)}"${shown}${datatype === undefined ? '' : ` datatype="${datatype}"`}/>`;
}

/** Characteristics of this type directly below. */
export const below = ({ characteristics }: Characteristic, type: string): readonly Characteristic[] =>
  characteristics.filter((each) => each.type === type);

/** The value of the first parm of this name; undefined where it is missing, empty where it has none. */
export function parmOf({ parms }: Characteristic, name: string): string | undefined {
  const found = parms.find((each) => each.name === name);
  return found && (found.value ?? '');
}
