import { type Block, opensItem } from './blocks.js';

/**
 * A sentence where it stands. The quote is verbatim: a part of line `line`, or of that line and those after it
 * joined by `\n`.
 */
export interface Sentence {
  /** Of its first character, from 1. */
  readonly line: number;
  readonly quote: string;
}

/** Longer ones are data or legal text, and no reader's answer. */
export const QUOTE_LENGTH_MAX = 420;

const SENTENCE_END = /[.!?…](?:["'”’)\]*_`]|\]\([^)\s]*\))*(?=\s+["'“‘(*_`[\\]*[\p{Lu}\p{N}`]|\s*$)/gu;
const ABBREVIATION = /(?:^|[\s(])(?:[eE]\.g|[iI]\.e|etc|vs|cf|approx|resp|[fF]ig|Nr|Mrs?|Dr|St|[A-Z])\.$/;
const ABBREVIATION_LENGTH_MAX = 8;
const ITEM_MARK = /^[\s>]*(?:[-*+•]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?/;
const TABLE_RULE = /^[\s|:=+-]+$/;

/** The sentences of a block in order; each list item and each table row stands for itself. */
export function sentencesOf(block: Block): Sentence[] {
  if (block.kind === 'table') return block.lines.flatMap((line, index) => rowOf(line, block.line + index));
  return itemsOf(block).flatMap(({ lines, line }) => proseOf(lines.join('\n'), line));
}

function rowOf(row: string, line: number): Sentence[] {
  const quote = row.trim();
  return TABLE_RULE.test(quote) || quote.length > QUOTE_LENGTH_MAX ? [] : [{ line, quote }];
}

function itemsOf(block: Block): { lines: string[]; line: number }[] {
  const items: { lines: string[]; line: number }[] = [];
  for (const [index, line] of block.lines.entries()) {
    const last = items.at(-1);
    if (last === undefined || (block.kind === 'list' && opensItem(line)))
      items.push({ lines: [line], line: block.line + index });
    else last.lines.push(line);
  }
  return items;
}

function proseOf(text: string, line: number): Sentence[] {
  const sentences: Sentence[] = [];
  const lineAt = lineCounter(text, line);
  let start = ITEM_MARK.exec(text)?.[0].length ?? 0;
  const takeOne = (end: number) => {
    const raw = text.slice(start, end);
    const quote = raw.trim();
    const at = start + (raw.length - raw.trimStart().length);
    start = end;
    if (quote !== '' && quote.length <= QUOTE_LENGTH_MAX) sentences.push({ line: lineAt(at), quote });
  };
  const take = (end: number) => {
    for (const cut of clauseEnds(text, start, end)) takeOne(cut);
    takeOne(end);
  };
  for (const match of text.matchAll(SENTENCE_END)) {
    const before = text.slice(Math.max(start, match.index - ABBREVIATION_LENGTH_MAX), match.index + 1);
    if (!ABBREVIATION.test(before)) take(match.index + match[0].length);
  }
  take(text.length);
  return sentences;
}

/** Where a sentence too long to quote is cut: after its semicolons, so that no statement in it is lost. */
function clauseEnds(text: string, start: number, end: number): number[] {
  if (end - start <= QUOTE_LENGTH_MAX) return [];
  return [...text.slice(start, end).matchAll(/;(?=\s)/g)].map(({ index }) => start + index + 1);
}

/** The line of each of a row of growing offsets, in one pass over the text. */
function lineCounter(text: string, firstLine: number): (offset: number) => number {
  let line = firstLine;
  let next = text.indexOf('\n');
  return (offset) => {
    while (next !== -1 && next < offset) {
      line += 1;
      next = text.indexOf('\n', next + 1);
    }
    return line;
  };
}

/** The words of a quote as prose: on one line, without the marks of Markdown. */
export function plainText(quote: string): string {
  const cells = /^\|(.*)\|$/.exec(quote);
  const row = cells?.[1]?.split(/(?<!\\)\|/).map((cell) => cell.trim());
  return (row === undefined ? quote : `${row[0]}: ${row.slice(1).filter(Boolean).join('; ')}`)
    .replace(/\n[\s>]*/g, ' ')
    .replace(/^>\s*/, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\[([^\]]*)\]\[[^\]]*\]/g, '$1')
    .replace(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, '$2')
    .replace(/(?<![\w*])[*_](?=\S)([^*_]+?)(?<=\S)[*_](?![\w*])/g, '$1')
    .replace(/<\/?[a-z][^>]*>/gi, '')
    .replace(/\\([[\]_*`|<>#~-])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}
