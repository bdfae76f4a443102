/** What is to be known of one kind of mistake, beyond the message at its place. */
export type CodeEntry = Description & (Examples | NoExamples);

interface Description {
  readonly severity: "error" | "warning";
  /** The mistake in a few words, as a heading. */
  readonly title: string;
  /** Why it is one, and what to do; Markdown, one paragraph. */
  readonly explanation: string;
}

export interface Examples {
  /** A whole file with this mistake and no other; what is underlined stands between `«` and `»`. */
  readonly wrong: string;
  /** The same file as it should be: nothing is reported of it. */
  readonly right: string;
  /** The file's name, where it is no policy. */
  readonly file?: string;
  /** The catalog that is needed to see it, as JSON for `--catalog`. */
  readonly catalog?: string;
  /** What reports it, where `policy check` does not: arguments of `policy`. */
  readonly by?: "doc" | "build --target rego";
}

/** A mistake of ours, which no policy makes. */
interface NoExamples {
  readonly wrong?: undefined;
  readonly file?: undefined;
  readonly catalog?: undefined;
  readonly by?: undefined;
}

/** A policy file of the package that examples are in. */
export function policy(text: string): string {
  return `package acme\n\n${text}\n`;
}
