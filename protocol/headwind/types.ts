// The messages of the Headwind MDM device protocol (specs/android.md §1), as the launcher reads them and the server writes them.

/** An app setting of the configuration. `type`: 1 text, 2 whole number, 3 boolean; launcher 6.36 goes by the value alone. */
export interface ApplicationSetting {
  readonly packageId: string;
  readonly name: string;
  readonly type?: number;
  readonly value?: string | null;
  /** What the server writes; launcher 6.36 expects `readOnly` and passes over it. */
  readonly readonly?: boolean;
  /** Milliseconds since the epoch. */
  readonly lastUpdate?: number;
  /** DEVICE_NUMBER, IMEI, CUSTOM1..3 in the value are replaced on the device. */
  readonly variable?: boolean;
}

/** A file that the device is to have or to lose. */
export interface RemoteFile {
  /** Relative to /storage/emulated/0; absolute where it begins with two slashes. */
  readonly path: string;
  readonly url?: string | null;
  readonly lastUpdate?: number;
  readonly remove?: boolean;
  readonly varContent?: boolean;
  readonly description?: string;
}

/** An app that the device is to have, to show or to lose. */
export interface Application {
  readonly id?: number;
  readonly type?: string;
  readonly name?: string | null;
  readonly pkg?: string | null;
  readonly version?: string | null;
  readonly code?: number;
  readonly url?: string | null;
  readonly icon?: string;
  readonly iconText?: string;
  readonly showIcon?: boolean;
  readonly useKiosk?: boolean;
  readonly remove?: boolean;
  readonly system?: boolean;
  readonly runAfterInstall?: boolean;
  readonly runAtBoot?: boolean;
  readonly skipVersion?: boolean;
  readonly screenOrder?: number;
  readonly keyCode?: number;
  readonly bottom?: boolean;
  readonly longTap?: boolean;
  readonly intent?: string;
}

/** What `data` of a configuration reply holds, as far as it is acted on; what else there is, is kept in `rest`. */
export interface HeadwindConfiguration {
  readonly newNumber?: string;
  readonly newServerUrl?: string;
  readonly description?: string;
  readonly custom1?: string;
  readonly custom2?: string;
  readonly custom3?: string;
  readonly imei?: string;
  readonly phone?: string;
  readonly password?: string;
  readonly pushOptions?: string;
  /** Seconds. */
  readonly keepaliveTime?: number;
  readonly factoryReset?: boolean;
  readonly reboot?: boolean;
  readonly lock?: boolean;
  readonly lockMessage?: string;
  readonly passwordReset?: string;
  readonly passwordMode?: string;
  readonly kioskMode?: boolean;
  readonly mainApp?: string;
  readonly permissive?: boolean;
  /** Android UserManager keys, comma-separated. */
  readonly restrictions?: string;
  readonly scheduleAppUpdate?: boolean;
  readonly appUpdateFrom?: string;
  readonly appUpdateTo?: string;
  readonly downloadUpdates?: string;
  readonly requestUpdates?: string;
  readonly appPermissions?: string;
  readonly wifi?: boolean;
  readonly bluetooth?: boolean;
  readonly gps?: boolean;
  readonly mobileData?: boolean;
  readonly runDefaultLauncher?: boolean;
  readonly timeZone?: string;
  readonly allowedClasses?: string;
  readonly applications: readonly Application[];
  readonly applicationSettings: readonly ApplicationSetting[];
  readonly files: readonly RemoteFile[];
  /** Every other key, as it came: plain JSON. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** Body of the enrollment. */
export interface EnrollmentRequest {
  readonly customer: string | null;
  /** A numeric id as text. */
  readonly configuration: string | null;
  /** Numeric ids as texts. */
  readonly groups: readonly string[] | null;
  /** By convention: what the device says of itself at once. A stock launcher tells it with its first sync/info, when it has enrolled. */
  readonly device?: EnrollingDevice;
}

/** The key `rollcall` of an enrollment, which a stock server passes over. What the launcher may not read is left out. */
export interface EnrollingDevice {
  readonly androidVersion?: string;
  /** Build.MANUFACTURER. */
  readonly manufacturer?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly imei?: string;
  /** The launcher is the device's owner: it is the organization's. */
  readonly mdmMode?: boolean;
}

/** What the device says of itself (POST sync/info); nulls are left out. */
export interface DeviceInfo {
  readonly deviceId: string;
  readonly model?: string;
  /** Device administrator, overlay, usage statistics, accessibility: 0 or 1 each. Empty: unknown. */
  readonly permissions?: readonly number[];
  readonly applications?: readonly { readonly name?: string; readonly pkg: string; readonly version?: string }[];
  readonly files?: readonly { readonly path: string; readonly lastUpdate?: number; readonly remove?: boolean }[];
  readonly phone?: string;
  readonly imei?: string;
  readonly imei2?: string;
  readonly phone2?: string;
  readonly iccid?: string;
  readonly iccid2?: string;
  readonly imsi?: string;
  readonly imsi2?: string;
  readonly serial?: string;
  readonly cpu?: string;
  readonly batteryLevel?: number;
  /** Read by the server, and never sent by launcher 6.36, whose bean does not show it to Jackson. */
  readonly batteryCharging?: string;
  readonly androidVersion?: string;
  /** The launcher is the device's owner. */
  readonly mdmMode?: boolean;
  readonly kioskMode?: boolean;
  readonly launcherType?: string;
  readonly launcherPackage?: string;
  readonly defaultLauncher?: boolean;
  readonly location?: { readonly ts: number; readonly lat: number; readonly lon: number };
  readonly factoryReset?: boolean;
  readonly custom1?: string;
  readonly custom2?: string;
  readonly custom3?: string;
}

/** A push, after its text was read: `payload` is plain JSON, absent where there is none or it is no object. */
export interface PushMessage {
  readonly messageType: string;
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** Which lines of which app are wanted, from level 1 (errors) to 5 (verbose). */
export interface LogRule {
  readonly packageId: string;
  readonly logLevel: number;
  readonly filter?: string;
}

/** One line of a device's log. */
export interface LogItem {
  readonly timestamp: number;
  readonly logLevel: number;
  readonly packageId: string;
  readonly message: string;
}
