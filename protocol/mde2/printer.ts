import { isSecretName } from '../../base/secret-names.js';
import { refuseWith } from '../errors.js';
import { indented, type PrintContext, type Printer } from '../printing/printer.js';
import { rootName, valueLines } from '../soap/printer.js';
import { readXml } from '../xml/read.js';
import { type Characteristic, readWap } from './wap.js';

const reading = {
  maxBytes: 4 * 1024 * 1024,
  maxDepth: 24,
  maxElements: 20_000,
  maxAttributes: 60_000,
  isLiberal: true,
};

/** Provisioning documents as an outline, with the certificates in them; what has the name of a secret is masked. */
export const provisioningPrinter: Printer = {
  name: 'provisioning document',
  handles: (_, body) => rootName(body) === 'wap-provisioningdoc',
  print: (body, context) => [
    'provisioning document',
    ...indented(readWap(readXml(body, reading), refuseWith('MDE_MALFORMED')).flatMap((each) => linesOf(each, context))),
  ],
};

const linesOf = ({ type, parms, characteristics }: Characteristic, context: PrintContext): readonly string[] => [
  `${type.slice(0, 200).replace(/\p{Cc}/gu, ' ')}:`,
  ...indented([
    ...parms.flatMap(({ name, value }) => valueLines(name, value ?? '', context, isSecretName(name))),
    ...characteristics.flatMap((each) => linesOf(each, context)),
  ]),
];
