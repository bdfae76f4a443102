/**
 * V8 regular expressions for patterns on which backtracking is provably linear and the meaning is RE2's.
 *
 * A pattern qualifies when
 * - it consists of ASCII literals, escaped punctuation, plain character classes, `.`, `\d`, `\s`, `^`, `$`, groups, alternatives and counted
 *   repetition, with `(?i)` and `(?s)` in front at most; everything that differs between the two syntaxes is left to RE2;
 * - from one starting place there are at most `pathsMax` ways through it, so that the cost is a constant for each place of the text;
 * - unbounded repetition (`*`, `+`) is of a single character, at most one on any way, and only in patterns tied to the start of the text by `^`:
 *   then there is one starting place and the repetition can give back each character once. Two in a row, or one that begins at
 *   every place of the text, would be quadratic.
 *
 * Only for tests, where it does not matter which of several matches is found.
 */
export function linearRegExp(pattern: string): RegExp | undefined {
  const flags = /^\(\?([is]+)\)/.exec(pattern);
  const letters = flags?.[1] ?? "";
  const parser = new Parser(pattern.slice(flags?.[0].length ?? 0), letters.includes("i"), letters.includes("s"));
  const parsed = parser.pattern();
  if (parsed === undefined || parsed.paths > pathsMax) return undefined;
  if (parsed.loops > (parsed.anchored ? 1 : 0)) return undefined;
  try {
    return new RegExp(parsed.source, letters.includes("i") ? "iu" : "u");
  } catch {
    // Syntax that only RE2 accepts.
    return undefined;
  }
}

const pathsMax = 64;
const repeatMax = 32;

interface Piece {
  readonly source: string;
  /** Ways to get through, loops counted as one. */
  readonly paths: number;
  /** Most unbounded repetitions on one way. */
  readonly loops: number;
  /** Every way begins at the start of the text. */
  readonly anchored: boolean;
  /** Matches exactly one character in exactly one way. */
  readonly single: boolean;
}

const literal = /^[A-Za-z0-9 _@#%&=:;,'"<>~`!/-]$/;
const escapable = /^[\\.+*?()|[\]{}^$/-]$/;

/** Recursive descent; any method gives `undefined` for what does not qualify. */
class Parser {
  private readonly text: string;
  private readonly ignoreCase: boolean;
  private readonly dotAll: boolean;
  private at = 0;

  constructor(text: string, ignoreCase: boolean, dotAll: boolean) {
    this.text = text;
    this.ignoreCase = ignoreCase;
    this.dotAll = dotAll;
  }

  pattern(): Piece | undefined {
    const whole = this.alternatives();
    return this.at === this.text.length ? whole : undefined;
  }

  private alternatives(): Piece | undefined {
    const choices: Piece[] = [];
    do {
      const choice = this.sequence();
      if (choice === undefined) return undefined;
      choices.push(choice);
    } while (this.take("|"));
    return {
      source: choices.map((choice) => choice.source).join("|"),
      paths: choices.reduce((sum, choice) => sum + choice.paths, 0),
      loops: Math.max(...choices.map((choice) => choice.loops)),
      anchored: choices.every((choice) => choice.anchored),
      single: choices.length === 1 && choices[0]?.single === true,
    };
  }

  private sequence(): Piece | undefined {
    const pieces: Piece[] = [];
    while (this.at < this.text.length && this.text[this.at] !== "|" && this.text[this.at] !== ")") {
      const piece = this.repeated();
      if (piece === undefined) return undefined;
      pieces.push(piece);
    }
    return {
      source: pieces.map((piece) => piece.source).join(""),
      paths: pieces.reduce((product, piece) => product * piece.paths, 1),
      loops: pieces.reduce((sum, piece) => sum + piece.loops, 0),
      anchored: pieces[0]?.anchored === true,
      single: pieces.length === 1 && pieces[0]?.single === true,
    };
  }

  private repeated(): Piece | undefined {
    const atom = this.atom();
    if (atom === undefined) return undefined;
    const match = /^(?:[*+?]|\{([0-9]+)(?:(,)([0-9]*))?\})/.exec(this.text.slice(this.at, this.at + 16));
    if (match === null) return atom;
    this.at += match[0].length;
    // Lazy or doubled: RE2's business.
    if (/^[*+?{]/.test(this.text.slice(this.at))) return undefined;
    // An anchor has no business in a repetition.
    if (atom.source === "^" || atom.source === "$" || atom.anchored) return undefined;
    const [token] = match;
    const source = atom.source + token;
    if (token === "*" || token === "+" || (match[2] !== undefined && match[3] === "")) {
      if (!atom.single || Number(match[1] ?? 0) > repeatMax) return undefined;
      return { source, paths: 1, loops: 1, anchored: false, single: false };
    }
    const least = token === "?" ? 0 : Number(match[1]);
    const most = token === "?" ? 1 : Number(match[3] ?? match[1]);
    if (most > repeatMax || atom.loops > 0) return undefined;
    let paths = 0;
    for (let count = least; count <= most; count += 1) paths += atom.paths ** count;
    return { source, paths, loops: 0, anchored: false, single: false };
  }

  private atom(): Piece | undefined {
    const char = this.text[this.at] ?? "";
    this.at += 1;
    switch (char) {
      case "^":
        return { source: "^", paths: 1, loops: 0, anchored: true, single: false };
      case "$":
        return { source: "$", paths: 1, loops: 0, anchored: false, single: false };
      case ".":
        return this.one(this.dotAll ? "[^]" : "[^\\n]");
      case "(":
        return this.group();
      case "[":
        return this.characterClass();
      case "\\":
        return this.escape();
      default:
        return literal.test(char) ? this.one(char.replace("/", "\\/")) : undefined;
    }
  }

  private group(): Piece | undefined {
    if (this.text[this.at] === "?" && !this.text.startsWith("?:", this.at)) return undefined;
    this.take("?:");
    const inner = this.alternatives();
    if (inner === undefined || !this.take(")")) return undefined;
    return { ...inner, source: `(?:${inner.source})` };
  }

  private escape(): Piece | undefined {
    const char = this.text[this.at] ?? "";
    this.at += 1;
    if (escapable.test(char)) return this.one(char === "-" ? "-" : `\\${char}`);
    if (char === "d") return this.one("[0-9]");
    if (char === "s") return this.one("[\\t\\n\\f\\r ]");
    // Under (?i) a `k` or `s` of other scripts may count as a letter: RE2's business.
    return char === "w" && !this.ignoreCase ? this.one("[0-9A-Za-z_]") : undefined;
  }

  /** `[abc]`, `[^a-z_.]`: ASCII characters and ranges, escaped punctuation. */
  private characterClass(): Piece | undefined {
    const match = /^\^?(?:[A-Za-z0-9 _@#%=:;,'"<>!.*+?$()|{}/]|-|\\[\\.\]^[-])+\]/.exec(this.text.slice(this.at));
    if (match === null) return undefined;
    this.at += match[0].length;
    const body = match[0].replace(/\\.|[.*+?$()|{}/]/g, (part) => (part.length === 2 ? part : `\\${part}`));
    return this.one(`[${body}`);
  }

  private one(source: string): Piece {
    return { source, paths: 1, loops: 0, anchored: false, single: true };
  }

  private take(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }
}
