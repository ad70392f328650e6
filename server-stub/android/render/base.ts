// What a configuration of the server has when nobody has set anything in it.

/**
 * Keys as a fresh server's configuration has them, those apart that types.ts names; null is what the server sends for what is not
 * set. `password` is the PIN 12345678 of the launcher's administrator.
 */
export const baseKeys: Readonly<Record<string, string | number | boolean | null>> = {
  backgroundColor: '#678ca6',
  textColor: '#ffffff',
  backgroundImageUrl: null,
  iconSize: '100',
  disableLocation: false,
  lockVolume: false,
  orientation: null,
  displayStatus: null,
  disableScreenshots: null,
  autostartForeground: null,
  lockSafeSettings: null,
  kioskExit: true,
  showWifi: null,
  password: '25D55AD283AA400AF464C76D713C07AD',
  title: 'none',
  kioskMode: false,
  lockStatusBar: false,
  systemUpdateType: 0,
};
