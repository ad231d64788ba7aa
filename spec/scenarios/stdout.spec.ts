import { expect } from 'chai';
import { askProgram } from './ask.js';

describe('what agents print', () => {
  for (const isolation of ['thread', 'process'] as const) {
    it(`goes to stderr, so that stdout stays the program's own (${isolation})`, async () => {
      const { outcomes, stderr } = await askProgram(isolation, [['chatty', { text: 'hello' }]]);
      /* That it parses shows that nothing else stands on stdout. */
      expect(outcomes).to.deep.equal([{ value: 'hello' }]);
      expect(stderr.split('\n')).to.include.members(['hello by console.log', 'hello by write']);
    });
  }
});
