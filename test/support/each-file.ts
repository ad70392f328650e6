// Runs before each test file: the files of a worker share their modules, but not how many keys were taken.
import { countKeysAnew } from './keys.js';

countKeysAnew();
