import { readFileSync, writeFileSync } from 'node:fs';
import { builtSurface } from './built.js';
import { referenceIndex, referencePage } from './page.js';

/* The last step of the build: the reference, from the declarations just built. */
const words = JSON.parse(readFileSync('package.json', 'utf8'));
const surface = builtSurface();
writeFileSync('dist/REFERENCE.md', referencePage(surface, words));
writeFileSync('dist/llms.txt', referenceIndex(surface, words));
