/** Texts of `message` in replies, as the server writes them. */
export const messages = {
  internal: 'error.internal.server',
  denied: 'error.permission.denied',
  notFound: 'error.notfound.device',
  duplicate: 'error.duplicate.device',
  disabled: 'error.resource.disabled',
} as const;

/** Texts of `messageType` that launcher 6.36 acts on itself; every other goes to the apps on the device as a broadcast. */
export const pushTypes = {
  configUpdated: 'configUpdated',
  runApp: 'runApp',
  broadcast: 'broadcast',
  uninstallApp: 'uninstallApp',
  deleteFile: 'deleteFile',
  deleteDir: 'deleteDir',
  purgeDir: 'purgeDir',
  permissiveMode: 'permissiveMode',
  runCommand: 'runCommand',
  reboot: 'reboot',
  exitKiosk: 'exitKiosk',
  clearDownloadHistory: 'clearDownloadHistory',
  intent: 'intent',
  grantPermissions: 'grantPermissions',
  adminPanel: 'adminPanel',
  clearAppData: 'clearAppData',
} as const;
