import { expect } from 'chai';
import { AnswerColumn } from '../../../../lib/coalition/chunks/answer-column.js';
import { encodeColumns } from '../../../../lib/core/columns.js';

describe('a column of answers', () => {
  it('hands out a copy of its own to each who asks', () => {
    const column = new AnswerColumn(encodeColumns([{ a: [1] }, 2, undefined, { a: [3] }]));
    const first = column.copy(0);
    expect(first).to.deep.equal({ a: [1] });
    Object.assign(first as object, { a: 'changed' });
    expect(column.copy(0)).to.deep.equal({ a: [1] });
    expect([column.copy(1), column.copy(1), column.copy(2)]).to.deep.equal([2, 2, undefined]);
    expect(column.value(3)).to.deep.equal({ a: [3] });
  });

  it('has no answer for a task beyond its last', () => {
    const column = new AnswerColumn(encodeColumns([{ a: 1 }]));
    expect(() => column.copy(1)).to.throw('fewer answers than tasks');
  });
});
