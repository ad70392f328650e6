// One line per platform: routes, options, handles, traits, help and the contract suite follow from here.
export { android } from './android/dialect.js';
export { ios } from './ios/dialect.js';
export { windows } from './windows/dialect.js';
