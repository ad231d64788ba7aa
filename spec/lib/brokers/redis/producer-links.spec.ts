import { expect } from 'chai';
import { ProducerLinks } from '../../../../lib/brokers/redis/producer-links.js';

describe('the links of publishes in flight', () => {
  it('name the call before of the same producer, as long as that is in flight', () => {
    const links = new ProducerLinks(10);
    const first = links.open(['a']);
    const second = links.open(['a', 'b']);
    expect([first.words, second.words]).to.deep.equal([
      ['n', 'a', '', '1', ''],
      ['n', 'a', '1', '2', '', 'n', 'b', '', '3', ''],
    ]);
    links.answered(first);
    const third = links.open(['a']);
    links.answered(second);
    links.answered(third);
    expect([third.words, links.open(['a']).words]).to.deep.equal([
      ['n', 'a', '2', '4', ''],
      ['n', 'a', '', '5', ''],
    ]);
  });

  it('name what may be lost until a call that said so was carried out, the newest numbers of each producer', () => {
    const links = new ProducerLinks(3);
    const lost = links.open(['a']);
    links.failed(lost);
    for (const seq of [1, 2, 3, 4, 4]) links.lose('a', seq);
    const other = links.open(['b']);
    const saying = links.open(['a']);
    expect([other.words.at(-1), saying.words.at(-1)]).to.deep.equal(['', '2 3 4']);
    links.failed(saying);
    links.lose('a', 5);
    const again = links.open(['a']);
    expect(again.words).to.deep.equal(['n', 'a', '', '4', '3 4 5']);
    links.answered(again);
    expect(links.open(['a']).words.at(-1)).to.equal('');
  });
});
