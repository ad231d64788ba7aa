import { expect } from 'chai';
import fc from 'fast-check';
import { decodePresence, encodePresence, type Presence } from '../../../../lib/coalition/hosts/presence.js';
import { isConclaveError } from '../../../../lib/core/errors.js';
import { encode } from '../../../../lib/core/value.js';

const presence = fc.record<Presence>({
  pool: fc.string({ minLength: 1, unit: 'grapheme' }),
  host: fc.string({ minLength: 1 }),
  pid: fc.integer({ min: 1 }),
  agents: fc.array(fc.string({ minLength: 1 })),
  workers: fc.nat(),
  state: fc.constantFrom('here', 'left'),
  leaseMs: fc.integer({ min: 1 }),
});

describe('presence', () => {
  it('is read as it was said', () => {
    fc.assert(
      fc.property(presence, (said) => {
        expect(decodePresence(encodePresence(said))).to.deep.equal(said);
      }),
    );
  });

  it('is refused where anything of it is missing or of another kind', () => {
    const part = fc.constantFrom('pool', 'host', 'pid', 'agents', 'workers', 'state', 'leaseMs');
    const wrong = fc.constantFrom(null, -1, {}, [{}], true);
    fc.assert(
      fc.property(presence, part, wrong, (said, name, value) => {
        const read = () => decodePresence(encode({ ...said, [name]: value }));
        expect(read)
          .to.throw()
          .that.satisfies((error: unknown) => isConclaveError(error, 'InvalidOption'));
      }),
    );
  });
});
