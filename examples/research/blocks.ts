/** Consecutive lines that belong together: a paragraph, a list or a table, under its heading. */
export interface Block {
  readonly kind: 'paragraph' | 'list' | 'table';
  /** Of its first line, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
  /** The headings above it, outermost first, joined by ` > `. */
  readonly heading: string;
}

const FENCE = /^\s{0,3}(?:>\s?)*(?:[-*+]\s+)?\s*(`{3,}|~{3,})/;
const ATX_HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const SETEXT = /^\s{0,3}(?:(=+)|(-{2,})|(~{4,})|(\^{4,}))\s*$/;
const LIST_ITEM = /^\s*(?:[-*+•]|\d{1,3}[.)])\s+\S/;
const TABLE_ROW = /^\s*\|.*\|\s*$/;
const INDENTED_CODE = /^(?: {4}|\t)/;
/** Link definitions, HTML, directives, rules and badges: marks for a machine, not statements. */
const MARKUP = /^\s*(?:\[[^\]]+\]:\s|<\/?[a-z!]|\.\. |:::|\[!\[|!\[|(?:[-*_]\s*){3,}$)/i;

/** Splits a document into its blocks; code, front matter, comments and bare markup are left out. */
export function blocksOf(text: string, file = ''): Block[] {
  return new BlockReader(/\.(?:md|markdown|mdown|mkd|mdx)$/i.test(file)).read(text.split('\n'));
}

/** Whether one line of a list opens a new item. */
export function opensItem(line: string): boolean {
  return LIST_ITEM.test(line);
}

class BlockReader {
  readonly #indentIsCode: boolean;
  readonly #blocks: Block[] = [];
  readonly #headings: string[] = [];
  #open: { kind: Block['kind']; line: number; lines: string[] } | undefined;
  #fence: string | undefined;
  #inComment = false;
  #listAbove = false;

  constructor(indentIsCode: boolean) {
    this.#indentIsCode = indentIsCode;
  }

  read(lines: readonly string[]): Block[] {
    for (let index = endOfFrontMatter(lines); index < lines.length; index += 1) {
      const line = lines[index] ?? '';
      if (!this.#skips(line) && !this.#isHeading(line)) this.#take(line, index + 1);
    }
    this.#close();
    return this.#blocks;
  }

  /** Code between fences and HTML comments: whether this line is part of one. */
  #skips(line: string): boolean {
    if (this.#inComment) {
      this.#inComment = !line.includes('-->');
      return true;
    }
    const fence = FENCE.exec(line)?.[1];
    if (this.#fence !== undefined) {
      if (fence?.startsWith(this.#fence) === true) this.#fence = undefined;
      return true;
    }
    if (fence !== undefined) {
      this.#close();
      this.#fence = fence.slice(0, 3);
      return true;
    }
    if (/^\s*<!--/.test(line)) {
      this.#close();
      this.#inComment = !line.includes('-->');
      return true;
    }
    return false;
  }

  #isHeading(line: string): boolean {
    const atx = ATX_HEADING.exec(line);
    if (atx !== null) {
      this.#close();
      this.#enterHeading((atx[1] ?? '#').length, atx[2] ?? '');
      return true;
    }
    const under = SETEXT.exec(line);
    if (under === null || this.#open?.kind !== 'paragraph' || this.#open.lines.length > 1) return false;
    const title = this.#open.lines.join('');
    this.#open = undefined;
    this.#enterHeading(under[1] === undefined ? 2 : 1, title.trim());
    return true;
  }

  #enterHeading(level: number, title: string): void {
    this.#headings.length = Math.min(this.#headings.length, level - 1);
    while (this.#headings.length < level - 1) this.#headings.push('');
    this.#headings.push(title);
    this.#listAbove = false;
  }

  #take(line: string, number: number): void {
    if (line.trim() === '') {
      this.#listAbove = this.#open === undefined ? this.#listAbove : this.#open.kind === 'list';
      this.#close();
      return;
    }
    if (MARKUP.test(line)) {
      this.#close();
      return;
    }
    const isCode = this.#indentIsCode && INDENTED_CODE.test(line);
    if (isCode && this.#open === undefined && !this.#listAbove) return;
    this.#append(line, number, this.#kindOf(line));
  }

  #kindOf(line: string): Block['kind'] {
    if (TABLE_ROW.test(line)) return 'table';
    if (opensItem(line)) return 'list';
    return this.#open?.kind === 'list' ? 'list' : 'paragraph';
  }

  #append(line: string, number: number, kind: Block['kind']): void {
    if (this.#open?.kind !== kind) this.#close();
    this.#open ??= { kind, line: number, lines: [] };
    this.#open.lines.push(line);
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#blocks.push({ ...this.#open, heading: this.#headings.filter((title) => title !== '').join(' > ') });
    this.#open = undefined;
  }
}

/** The index of the first line after a YAML head, which only counts when it is closed. */
function endOfFrontMatter(lines: readonly string[]): number {
  if (lines[0] !== '---') return 0;
  const end = lines.indexOf('---', 1);
  return end === -1 ? 0 : end + 1;
}
