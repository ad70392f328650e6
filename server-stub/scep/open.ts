import type { Clock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import type { Ca } from '../ca.js';
import type { Keep } from '../keep.js';
import { Challenges } from './challenges.js';
import { CertificateRequests } from './requests.js';
import { ScepServer } from './server.js';
import { Transactions } from './transactions.js';

/** What a library user may set of the SCEP server; everything has a default. */
export interface ScepServerOptions {
  /** How long a challenge works. Default: the tenant's `enrollmentMs`. */
  readonly challengeMs?: number;
  /** `manual`: requests are pending until approved. Default automatic. */
  readonly approval?: 'automatic' | 'manual';
  /** How far the signing time of a request may be from the stub's clock; not looked at without one. */
  readonly signingSkewMs?: number;
}

interface ScepPorts {
  readonly ca: Ca;
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  readonly log: Log;
  /** Where challenges, and requests answered or waiting for approval, survive a restart. */
  readonly keep?: { readonly challenges: Keep; readonly transactions: Keep } | undefined;
}

export interface Scep {
  readonly challenges: Challenges;
  readonly requests: CertificateRequests;
  readonly server: ScepServer;
}

/**
 * `enrollmentMs`: the tenant's. What was kept and cannot be read is set aside. Throws DATA_CORRUPT where a later version of this program
 * wrote it.
 */
export function openScep(ports: ScepPorts, options: ScepServerOptions, enrollmentMs: () => number): Scep {
  const { ca, clock, random, log, keep } = ports;
  const { approval = 'automatic', signingSkewMs, challengeMs } = options;
  const validMs = () => challengeMs ?? enrollmentMs();
  const challenges = new Challenges({ clock, random, validMs, keep: keep?.challenges });
  const transactions = new Transactions(keep?.transactions);
  const requests = new CertificateRequests({ ca, clock, challenges, transactions, approval });
  return { challenges, requests, server: new ScepServer({ ca, requests, clock, random, log, signingSkewMs }) };
}
