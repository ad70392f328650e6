// One line per platform: config validation, help texts and the contract suite follow from here.
export { android } from './android/driver.js';
export { ios } from './ios/driver.js';
export { windows } from './windows/driver.js';
