export { left } from './left.js';
export { right } from './right.js';
