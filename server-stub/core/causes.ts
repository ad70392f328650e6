// Why a device moves from one authority to another, and what follows from that: data, not branches in the rules.

export const causes = ['authority', 'coexistence', 'licence', 'comanagement', 'support'] as const;

/**
 * `authority`: the tenant's was changed (A3). `coexistence`: intune was added (C1). `licence`: a user's products changed (C4).
 * `comanagement`: a user's first PC came under co-management, or the last left it (C8). `support`: a userless device is moved (A26).
 */
export type Cause = (typeof causes)[number];

interface Consequences {
  /** What becomes of a setting of the authority that is left, where the new one has none of its name: it stays, stale (A8), or goes (C5). */
  readonly leaves: 'stale' | 'removed';
  /** Settings of a device that stays away end after `profileGraceMs` (A9). */
  readonly hasGrace: boolean;
  /** Every enrolled device is asked to check in (A5); of a licence only where the tenant says so (C9). */
  readonly notifies: 'everybody' | 'concerned' | 'nobody';
  /** The push certificate must be uploaded again, to the new authority (A11, A24). */
  readonly endsPushCertificate: boolean;
}

export const consequences: Readonly<Record<Cause, Consequences>> = {
  authority: { leaves: 'stale', hasGrace: true, notifies: 'everybody', endsPushCertificate: true },
  coexistence: { leaves: 'removed', hasGrace: false, notifies: 'everybody', endsPushCertificate: false },
  licence: { leaves: 'removed', hasGrace: false, notifies: 'nobody', endsPushCertificate: false },
  comanagement: { leaves: 'removed', hasGrace: false, notifies: 'concerned', endsPushCertificate: false },
  support: { leaves: 'stale', hasGrace: false, notifies: 'concerned', endsPushCertificate: false },
};
