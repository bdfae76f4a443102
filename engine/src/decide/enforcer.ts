import type { Input, Program, Reads, Value } from "@penstock/language";
import { BoundedCache } from "../bounded-cache.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { DecisionCounts, Enforcer, NameContext, PrincipalContext, Verdict } from "../enforcer.ts";
import { engineLimits } from "../limits.ts";
import { decideStatement, type PreparedStatement } from "./decide-statement.ts";
import { withHint } from "./explain-denial.ts";
import { carriedQuery } from "./explain-statement.ts";
import { outdatedNames } from "./outdated-names.ts";
import {
  prepareManyRows,
  type Preparation,
  type PreparedText,
  prepareText,
  type SharedTexts,
} from "./prepared-text.ts";
import { queryValue } from "./query-value.ts";
import type { FewRows } from "../sql/sql-dialect.ts";
import { type Subject, subjectOf } from "./subject.ts";
import { SubjectMasks } from "./subject-masks.ts";
import { failedVerdict, refusedVerdict, verdictOf } from "./verdict.ts";
import { VerdictTemplates } from "./verdict-templates.ts";
import { type Redaction, World } from "./world.ts";

interface WorldCaches {
  readonly world: World;
  readonly shared: SharedTexts | undefined;
  /** By search_path, then by text. */
  readonly texts: Map<string, BoundedCache<Preparation>>;
  readonly sessions: WeakMap<PrincipalContext, SessionCaches>;
  labelled: ReadonlySet<number> | undefined;
}

interface KnownVerdicts {
  readonly byText: BoundedCache<Verdict>;
  readonly templates: VerdictTemplates;
}

interface SessionCaches {
  readonly subject: Subject;
  /** By search_path. */
  readonly verdicts: Map<string, KnownVerdicts>;
  readonly masks: SubjectMasks;
}

interface EnforcerOptions {
  /** See `World`. */
  readonly hints?: boolean;
  /** See `prepareText`. */
  readonly texts?: SharedTexts;
  readonly redaction?: Redaction | undefined;
}

/** Decides with one program, for every engine that a catalog can be of. See `Enforcer` for the contract. */
export function createEnforcer(program: Program, { hints = true, texts, redaction }: EnforcerOptions = {}): Enforcer {
  const worlds = new WeakMap<Catalog, WorldCaches>();
  const decisions: DecisionCounts = { text: 0, template: 0, none: 0 };

  const cachesOf = (catalog: Catalog): WorldCaches => {
    let caches = worlds.get(catalog);
    if (caches === undefined) {
      caches = {
        world: new World(program, catalog, hints, redaction),
        shared: texts,
        texts: new Map(),
        sessions: new WeakMap(),
        labelled: undefined,
      };
      worlds.set(catalog, caches);
    }
    return caches;
  };

  const decide: Enforcer["decide"] = (text, who, names, catalog, parameters) => {
    try {
      const caches = cachesOf(catalog);
      const session = sessionOf(caches, who);
      const { literals, manyRows } = caches.world.dialect;
      if (parameters !== undefined) {
        decisions.none++;
        return decideText(caches, session, text, manyRows?.few(text), names, parameters, undefined);
      }
      const { byText, templates } = byPath(session.verdicts, names, () => ({
        byText: new BoundedCache<Verdict>(
          engineLimits.verdictsPerSession,
          engineLimits.verdictTextChars,
          engineLimits.verdictOneTextChars,
        ),
        templates: new VerdictTemplates(literals),
      }));
      const same = byText.get(text);
      if (same !== undefined) {
        decisions.text++;
        return same;
      }
      const known = templates.find(text);
      const few = known === undefined ? manyRows?.few(text) : undefined;
      const alike = known ?? (few === undefined ? undefined : templates.find(text, few.text));
      if (alike !== undefined) {
        decisions.template++;
        return alike;
      }
      decisions.none++;
      const verdict = decideText(caches, session, text, few, names, undefined, templates);
      if (!verdict.reads.time) byText.set(text, verdict);
      return verdict;
    } catch (error) {
      return failedVerdict(error);
    }
  };
  const labelledOrigins: Enforcer["labelledOrigins"] = (catalog) => {
    const caches = cachesOf(catalog);
    caches.labelled ??= new Set(
      caches.world
        .userColumns()
        .filter(({ labels }) => labels.size > 0)
        .map(({ relation, column }) => relation.oid * 65_536 + column.attnum),
    );
    return caches.labelled;
  };
  const hiddenRelations: Enforcer["hiddenRelations"] = (who, catalog) => {
    try {
      return sessionOf(cachesOf(catalog), who).masks.hidden.names;
    } catch {
      return undefined;
    }
  };
  return {
    revision: program.revision,
    decisions,
    decide,
    labelledOrigins,
    hiddenRelations,
    outdatedNames: (catalog) => outdatedNames(cachesOf(catalog).world),
  };
}

function sessionOf(caches: WorldCaches, who: PrincipalContext): SessionCaches {
  let session = caches.sessions.get(who);
  if (session === undefined) {
    const subject = subjectOf(who);
    session = { subject, verdicts: new Map(), masks: new SubjectMasks(caches.world, subject) };
    caches.sessions.set(who, session);
  }
  return session;
}

function decideText(
  caches: WorldCaches,
  session: SessionCaches,
  text: string,
  few: FewRows | undefined,
  names: NameContext,
  parameters: readonly (string | null | undefined)[] | undefined,
  templates: VerdictTemplates | undefined,
): Verdict {
  const { world } = caches;
  const texts = byPath(
    caches.texts,
    names,
    () => new BoundedCache<Preparation>(engineLimits.texts, engineLimits.textChars),
  );
  const prepare = (asked: string): Preparation => {
    let preparation = texts.get(asked);
    if (preparation === undefined) {
      preparation = prepareText(world, asked, names, caches.shared);
      texts.set(asked, preparation);
    }
    return preparation;
  };
  const preparation = few === undefined ? prepare(text) : prepareManyRows(world, text, few, names, prepare);
  if ("kind" in preparation) return refusedVerdict(preparation);

  const inputs = preparation.prepared.map((statement, index) =>
    inputFor(world, session.subject, preparation, statement, index, parameters),
  );
  const decisions = preparation.prepared.map((statement, index) => {
    const input = inputs[index] ?? missing();
    return withHint(world, statement, input, decideStatement(world, statement, input, session.masks));
  });
  const reads = readsOf(world.program, preparation.prepared, inputs);
  const verdict = verdictOf(world, text, preparation, decisions, session.masks, reads);
  if (!reads.time && !reads.text) templates?.learn(few?.text ?? text, text, verdict, preparation);
  return verdict;
}

/** What the rules read that could fire for these statements. */
function readsOf(program: Program, statements: readonly PreparedStatement[], inputs: readonly Input[]): Reads {
  const { reads: all } = program;
  // For most policies there is nothing to find out.
  if (!all.time && !all.text && !all.parameters) return all;
  const reads = statements.flatMap(({ facts }, index) => {
    const input = inputs[index] ?? missing();
    const carried = carriedQuery(facts, input.query);
    return [program.readsOf(input), ...(carried === undefined ? [] : [program.readsOf({ ...input, query: carried })])];
  });
  return {
    parameters: reads.some(({ parameters }) => parameters),
    time: reads.some(({ time }) => time),
    text: reads.some(({ text }) => text),
  };
}

function missing(): never {
  throw new Error("a statement without its input");
}

function inputFor(
  world: World,
  subject: Subject,
  preparation: PreparedText,
  statement: PreparedStatement,
  index: number,
  parameters: readonly (string | null | undefined)[] | undefined,
): Subject & { readonly query: Value } {
  if (parameters === undefined) return { ...subject, query: statement.query };
  if (parameters.includes(undefined)) {
    throw new Error("a rule reads `query.parameters`, and a parameter came in a binary format that is not understood");
  }
  const text = preparation.slices[index] ?? "";
  return {
    ...subject,
    query: queryValue(world, statement.facts, text, preparation.fingerprints[index] ?? "", parameters),
  };
}

/** Caches by search_path: few paths a session, many texts a path. */
function byPath<C>(caches: Map<string, C>, names: NameContext, make: () => C): C {
  const path = pathKey(names);
  let cache = caches.get(path);
  if (cache === undefined) {
    if (caches.size >= engineLimits.searchPaths) caches.clear();
    cache = make();
    caches.set(path, cache);
  }
  return cache;
}

/** Most sessions have one schema in their path: that costs no JSON. The colon keeps a schema apart whose own name looks like it. */
function pathKey(names: NameContext): string {
  const { searchPath, mayRevert = false, isOtherRole = false, sqlMode } = names;
  const [only] = searchPath;
  if (searchPath.length === 1 && !mayRevert && !isOtherRole && sqlMode === undefined) return `:${only}`;
  let key = pathKeys.get(names);
  if (key === undefined) {
    key = JSON.stringify([searchPath, mayRevert, isOtherRole, sqlMode]);
    pathKeys.set(names, key);
  }
  return key;
}

/** Sessions of MySQL, all of which have an `sql_mode`, pass the same object with every statement. */
const pathKeys = new WeakMap<NameContext, string>();
