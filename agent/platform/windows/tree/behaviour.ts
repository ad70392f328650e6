// How the tree answers where specifications leave it open or reports of real devices differ. One profile as data, and its default.

export interface TreeBehaviour {
  /** A command on ./User while the user who enrolled is not signed in. */
  readonly userAbsent: 405 | 500;
  /** Members of an Atomic that failed: the one that did it; those before it; those after it; the Atomic itself. */
  readonly failed: 'own' | 500;
  readonly rolledBack: number;
  readonly notExecuted: number;
  readonly atomic: number;
  /** The Atomic, where the device let something stand that was to be taken back. */
  readonly rollBackFailed: number;
  readonly getInAtomic: number;
  readonly nestedAtomic: number;
  /** A command without a CmdID. */
  readonly noCmdId: number;
  /** A Replace in an Atomic of a node that the same Atomic added. */
  readonly addThenReplace: 'allow' | 500;
  /** A node that its DDF calls AtomicRequired, written outside an Atomic. */
  readonly atomicRequired: 'allow' | 405;
  /** Format of an item that names none: the node's own, or chr. */
  readonly absentFormat: 'own' | 'chr';
  /** A format that is not the node's. */
  readonly otherFormat: 415 | 500;
  /** Data that is not of its format, or a value or name that the DDF does not allow. */
  readonly badData: number;
  readonly copy: 405 | 406;
  /** An Exec that the DDF allows and no module carries out. */
  readonly noExec: number;
}

/** What Windows 11 does, as far as it is known (specs/windows.md §0.20, §1.10). */
export const windowsBehaviour: TreeBehaviour = {
  // Reported both ways: 405 (fleetdm/fleet #49134, #49250), and 500 with an Atomic of 507.
  userAbsent: 405,
  // Reported both ways: with its own code, and 500. OMA has 216 and 215 for the others; for Windows they are not captured.
  failed: 'own',
  rolledBack: 216,
  notExecuted: 215,
  atomic: 507,
  rollBackFailed: 516,
  // Learn, "OMA DM protocol support": nested Atomic and Get are not allowed (500, the outer Atomic 507); no CmdID: 400 (case D3).
  getInAtomic: 500,
  nestedAtomic: 500,
  noCmdId: 400,
  // Learn: not supported, without the code. 500 is ours.
  addThenReplace: 500,
  // Servers write ProfileXML and MSI jobs outside an Atomic, and Windows takes them.
  atomicRequired: 'allow',
  // MS-MDM §4's own sample writes truth values without a format.
  absentFormat: 'own',
  otherFormat: 415,
  // Not captured; 500 is what Windows answers to values that a CSP does not take.
  badData: 500,
  // Not among the commands of Learn's list; OMA DM RepPro: what is optional and not there is 406. Not captured.
  copy: 406,
  noExec: 406,
};
