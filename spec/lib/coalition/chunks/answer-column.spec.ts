import { expect } from 'chai';
import { AnswerColumn } from '../../../../lib/coalition/chunks/answer-column.js';
import { encodeColumns } from '../../../../lib/core/columns.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import type { Encoded } from '../../../../lib/core/value.js';

describe('a column of answers', () => {
  it('hands out a copy of its own to each who asks', () => {
    const column = new AnswerColumn(encodeColumns([{ a: [1] }, 2, undefined, { a: [3] }]), 4);
    const first = column.copy(0);
    expect(first).to.deep.equal({ a: [1] });
    Object.assign(first as object, { a: 'changed' });
    expect(column.copy(0)).to.deep.equal({ a: [1] });
    expect([column.copy(1), column.copy(1), column.copy(2)]).to.deep.equal([2, 2, undefined]);
    expect(column.value(3)).to.deep.equal({ a: [3] });
  });

  it('takes no text that is broken inside, and no other number of answers', () => {
    const text = encodeColumns([{ a: 1 }, { a: 2 }]);
    for (const [broken, count] of [
      [text, 3],
      [text, 1],
      [text.replace('1', '1,'), 2],
      [text.replace('}', ']'), 2],
      ['7', 1],
    ] as const) {
      expect(() => new AnswerColumn(broken as Encoded, count), broken)
        .to.throw(ConclaveError)
        .with.property('code', 'MalformedFrame');
    }
  });
});
