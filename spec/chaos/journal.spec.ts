import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { testEnvelope, testEnvelopes } from '../../lib/testing/envelopes.js';
import { Journal, nowUs, readHistory } from './journal.js';

describe('a journal of chaos', () => {
  let folder = '';
  const path = () => join(folder, 'party.journal');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-chaos-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const delivery = { seq: 1, token: 't', envelope: testEnvelope(1), deliveries: 2, failures: 0, crashes: 0 };

  it('tells what was tried and what came of it', () => {
    const journal = new Journal(path());
    journal.answered(journal.publishing(testEnvelopes(1, 2)), ['accepted', 'full']);
    journal.unanswered(journal.publishing(testEnvelopes(3, 3)), 'no answer');
    journal.given(nowUs(), [delivery], () => 'producer:1');
    journal.answered(journal.settling('ack', [delivery]), ['ok']);
    journal.settling('nack', [delivery]);
    journal.close();
    const { published, given, settled } = readHistory([path()], true);
    expect(published.map(({ id, place, outcome }) => [id, place, outcome])).to.deep.equal([
      ['producer:1', 1, 'accepted'],
      ['producer:2', 2, 'full'],
      ['producer:3', 3, 'unknown'],
    ]);
    expect(given.map(({ id, seq, deliveries, key }) => [id, seq, deliveries, key])).to.deep.equal([
      ['producer:1', 1, 2, undefined],
    ]);
    expect(settled.map(({ type, deliveries, outcome }) => [type, deliveries, outcome])).to.deep.equal([
      ['ack', 2, 'ok'],
      ['nack', 2, 'unknown'],
    ]);
    expect(settled[1]?.toUs).to.equal(undefined);
  });

  it('is read up to the line that a death has cut off, beside journals of other openings', () => {
    const journal = new Journal(path());
    journal.given(nowUs(), [delivery], () => 'producer:1');
    journal.close();
    appendFileSync(path(), '{"l":"given","fromUs":1,"at');
    const other = join(folder, 'other.journal');
    new Journal(other).given(nowUs(), [delivery], () => 'producer:1');
    expect(new Set(readHistory([path(), other], false).given.map(({ opening }) => opening)).size).to.equal(2);
    expect(new Set(readHistory([path(), other], true).given.map(({ opening }) => opening)).size).to.equal(1);
  });
});
