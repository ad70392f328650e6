// What the parent and the server process of the authority bench say to each other.

export interface AuthorityShape {
  readonly devices: number;
  readonly groups: number;
  readonly policies: number;
}

/** From the server process. */
export type FromAuthority =
  | {
      readonly type: 'ready';
      readonly url: string;
      readonly ca: string;
      readonly token: string;
      readonly organization: string;
      /** From the call to the stub that serves, in seconds: wall and CPU time. */
      readonly openSeconds: number;
      readonly openCpuSeconds: number;
    }
  /** CPU time of the process until now, and the longest pause of its event loop since the last time it was asked. */
  | { readonly type: 'cpu'; readonly seconds: number; readonly longestPauseMs: number };

export type ToAuthority = { readonly type: 'cpu' };

/** Device number of an Android device by its place; every third device is one. */
export const numberOf = (index: number): string => `a${index.toString(16).padStart(12, '0')}`;

/** Among how many devices one is of each platform. */
export const platformsInTurn = ['android', 'ios', 'windows'] as const;
