// The packages live in the installation that all stacks of a checkout share, not beside these files.
import { createRequire } from 'node:module';
import { join } from 'node:path';

let require;

export function loadModules(folder) {
  require = createRequire(join(folder, 'package.json'));
}

export const rhea = () => require('rhea');
