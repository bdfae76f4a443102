import type { Program, Value } from "@penstock/language";
import { BoundedCache } from "../bounded-cache.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Enforcer, NameContext, PrincipalContext, Verdict } from "../enforcer.ts";
import { engineLimits } from "../limits.ts";
import { decideStatement, type PreparedStatement } from "./decide-statement.ts";
import { type Preparation, type PreparedText, prepareText } from "./prepared-text.ts";
import { queryValue } from "./query-value.ts";
import { type Subject, subjectOf } from "./subject.ts";
import { SubjectMasks } from "./subject-masks.ts";
import { failedVerdict, refusedVerdict, verdictOf } from "./verdict.ts";
import { VerdictTemplates } from "./verdict-templates.ts";
import { World } from "./world.ts";

interface WorldCaches {
  readonly world: World;
  /** By search_path, then by text. */
  readonly texts: Map<string, BoundedCache<Preparation>>;
  readonly sessions: WeakMap<PrincipalContext, SessionCaches>;
}

interface KnownVerdicts {
  readonly byText: BoundedCache<Verdict>;
  /** Absent where policies read the text itself. */
  readonly templates: VerdictTemplates | undefined;
}

interface SessionCaches {
  readonly subject: Subject;
  /** By search_path. */
  readonly verdicts: Map<string, KnownVerdicts>;
  readonly masks: SubjectMasks;
}

/** Decides for PostgreSQL with one program. See `Enforcer` for the contract. */
export function createEnforcer(program: Program): Enforcer {
  const worlds = new WeakMap<Catalog, WorldCaches>();

  const cachesOf = (catalog: Catalog): WorldCaches => {
    let caches = worlds.get(catalog);
    if (caches === undefined) {
      caches = { world: new World(program, catalog), texts: new Map(), sessions: new WeakMap() };
      worlds.set(catalog, caches);
    }
    return caches;
  };

  const decide: Enforcer["decide"] = (text, who, names, catalog, parameters) => {
    try {
      const caches = cachesOf(catalog);
      const session = sessionOf(caches, who);
      if (parameters !== undefined || program.reads.time) {
        return decideText(caches, session, text, names, parameters, undefined);
      }
      const known = byPath(session.verdicts, names, () => ({
        byText: new BoundedCache<Verdict>(engineLimits.verdictsPerSession, engineLimits.verdictTextChars),
        templates: program.reads.text ? undefined : new VerdictTemplates(),
      }));
      let verdict = known.byText.get(text) ?? known.templates?.find(text);
      if (verdict === undefined) {
        verdict = decideText(caches, session, text, names, undefined, known.templates);
        known.byText.set(text, verdict);
      }
      return verdict;
    } catch (error) {
      return failedVerdict(error);
    }
  };
  return {
    revision: program.revision,
    readsParameters: program.reads.parameters,
    readsTime: program.reads.time,
    decide,
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
  let preparation = texts.get(text);
  if (preparation === undefined) {
    preparation = prepareText(world, text, names);
    texts.set(text, preparation);
  }
  if ("kind" in preparation) return refusedVerdict(preparation);

  const decisions = preparation.prepared.map((statement, index) =>
    decideStatement(
      world,
      statement,
      inputFor(world, session.subject, preparation, statement, index, parameters),
      session.masks,
    ),
  );
  const verdict = verdictOf(world, text, preparation, decisions, session.masks);
  templates?.learn(text, verdict, preparation);
  return verdict;
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
  const path = names.searchPath.length === 1 ? (names.searchPath[0] ?? "") : JSON.stringify(names.searchPath);
  let cache = caches.get(path);
  if (cache === undefined) {
    if (caches.size >= engineLimits.searchPaths) caches.clear();
    cache = make();
    caches.set(path, cache);
  }
  return cache;
}
