import { expect } from 'chai';
import { needService } from '../services/needs.js';
import { ray } from '../services/services.js';
import { askProgram } from './ask.js';

describe('what agents print', () => {
  for (const isolation of ['thread', 'process', 'ray'] as const) {
    it(`goes to stderr, so that stdout stays the program's own (${isolation})`, async function () {
      if (isolation === 'ray') {
        needService(this, ray);
        this.timeout(60_000);
      }
      const { outcomes, stderr } = await askProgram(isolation, [['chatty', { text: 'hello' }]]);
      /* That it parses shows that nothing else stands on stdout. */
      expect(outcomes).to.deep.equal([{ value: 'hello' }]);
      expect(stderr.split('\n')).to.include.members(['hello by console.log', 'hello by write']);
    });
  }
});
