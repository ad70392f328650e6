// What devices may download: what documents refer to, and what a library user or an administrator added.

/** A file that an administrator added: where the device is to have it, and what is in it. */
export interface AddedFile {
  /** On the device: relative to /storage/emulated/0, absolute where it begins with two slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** DEVICE_NUMBER, IMEI and CUSTOM1..3 in it are replaced on the device. */
  readonly varContent?: boolean;
  /** Which devices; absent: all. */
  readonly devices?: readonly string[];
}

/** An app that an administrator added. The bytes are any: nothing is executed. */
export interface AddedApp {
  readonly pkg: string;
  readonly name: string;
  readonly version: string;
  readonly code?: number;
  readonly bytes: Uint8Array;
  readonly runAfterInstall?: boolean;
  readonly devices?: readonly string[];
}

export interface Shelf {
  /** Makes these bytes downloadable and returns the path below `/files/`, made of their hash. */
  offer(name: string, bytes: Uint8Array): string;
  /** What was added for this device. */
  added(deviceId: string): {
    readonly files: readonly { readonly path: string; readonly at: number; readonly url: string }[];
  };
}
