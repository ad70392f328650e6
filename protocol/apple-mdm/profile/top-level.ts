import {
  any,
  data,
  date,
  everyOf,
  flag,
  integer,
  listOf,
  oneOf,
  oneOfNumbers,
  real,
  required,
  type Table,
  text,
} from './rules.js';

/** TopLevel.yaml. PayloadContent and PayloadVersion have codes of their own and are looked at by read.ts. */
export const topLevelRules: Table = {
  PayloadIdentifier: required(text()),
  PayloadUUID: required(text()),
  PayloadType: required(oneOf('Configuration')),
  PayloadVersion: required(integer()),
  IsEncrypted: flag,
  PayloadContent: listOf(everyOf(any)),
  EncryptedPayloadContent: data,
  PayloadDescription: text(),
  PayloadDisplayName: text(),
  HasRemovalPasscode: flag,
  PayloadOrganization: text(),
  PayloadRemovalDisallowed: flag,
  PayloadScope: oneOf('System', 'User'),
  RemovalDate: date,
  DurationUntilRemoval: real,
  PayloadExpirationDate: date,
  TargetDeviceType: oneOfNumbers(0, 1, 2, 3, 4, 5, 6),
  ConsentText: everyOf(text()),
};

/** CommonPayloadKeys.yaml. */
export const commonRules: Table = {
  PayloadIdentifier: required(text()),
  PayloadUUID: required(text()),
  PayloadType: required(text()),
  PayloadVersion: required(integer()),
  PayloadDescription: text(),
  PayloadDisplayName: text(),
  PayloadOrganization: text(),
};
