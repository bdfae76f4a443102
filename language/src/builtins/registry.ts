import type { Builtin } from "../builtin.ts";
import { aggregates } from "./aggregates.ts";
import { arrays } from "./arrays.ts";
import { bits } from "./bits.ts";
import { crypto } from "./crypto.ts";
import { encoding } from "./encoding.ts";
import { glob } from "./glob.ts";
import { graph } from "./graph.ts";
import { json } from "./json.ts";
import { label } from "./label.ts";
import { net } from "./net.ts";
import { numbers } from "./numbers.ts";
import { objects } from "./objects.ts";
import { print } from "./print.ts";
import { regex } from "./regex.ts";
import { semver } from "./semver.ts";
import { sets } from "./sets.ts";
import { sprintf } from "./sprintf.ts";
import { strings } from "./strings.ts";
import { time } from "./time.ts";
import { types } from "./types.ts";
import { units } from "./units.ts";
import { uuid } from "./uuid.ts";
import { walk } from "./walk.ts";
import { yaml } from "./yaml.ts";

const families: readonly (readonly Builtin[])[] = [
  aggregates,
  arrays,
  bits,
  crypto,
  encoding,
  glob,
  graph,
  json,
  label,
  net,
  numbers,
  objects,
  print,
  regex,
  semver,
  sets,
  sprintf,
  strings,
  time,
  types,
  units,
  uuid,
  walk,
  yaml,
];

/** Every function that a policy may call without defining it, by its full name. */
export const builtins: ReadonlyMap<string, Builtin> = new Map(
  families.flat().map((builtin) => [builtin.name, builtin]),
);

/**
 * Functions of Rego that do not exist here, with the way to do without. A name that ends in `.*` stands for all names that begin so.
 * A policy is decided in the proxy while a statement waits: it reaches no network, no file, no environment, no chance.
 */
const absent: readonly (readonly [name: string, help: string])[] = [
  ["http.send", "policies reach no network: put what the decision needs into `data` or into the token's claims"],
  ["net.lookup_ip_addr", "policies reach no network: compare `session.client.address` with `net.cidr_contains`"],
  ["opa.runtime", "policies see no environment: put what the decision needs into `data` or `target.tags`"],
  ["io.jwt.*", "the proxy verifies tokens before a policy runs: read `principal.claims`"],
  ["crypto.x509.*", "the proxy verifies certificates before a policy runs: read `principal`"],
  ["crypto.parse_private_keys", "policies handle no private keys"],
  ["providers.aws.*", "policies sign no requests"],
  ["graphql.*", "the statement is SQL: read `query`"],
  ["rego.*", "metadata is for readers and tools, not for decisions"],
  ["rand.intn", "the same statement must be decided the same way: there are no random numbers"],
  ["json.match_schema", "check fields with `is_string`, `is_number` and the like"],
  ["json.verify_schema", "check fields with `is_string`, `is_number` and the like"],
  ["strings.render_template", 'write `sprintf("…", […])` or an interpolated string'],
  ["trace", "write `print(…)`, which shows in the test report"],
  ["any", "write `some x in xs; x`, or `true in xs`"],
  ["all", "write `every x in xs { x }`"],
  ["re_match", "write `regex.match(pattern, text)`"],
  ["set_diff", "write `a - b`"],
  ["net.cidr_overlap", "write `net.cidr_contains(block, address)`"],
  ["cast_array", "write `[x | some x in xs]`"],
  ["cast_set", "write `{x | some x in xs}`"],
  ["cast_string", "write `is_string(x)`"],
  ["cast_boolean", "write `is_boolean(x)`"],
  ["cast_null", "write `is_null(x)`"],
  ["cast_object", "write `is_object(x)`"],
];
const refusals = new Map(absent);

/** Why a function of Rego does not exist here and what to write instead; `undefined` for names that Rego has not either. */
export function refusalOf(name: string): string | undefined {
  const exact = refusals.get(name);
  if (exact !== undefined) return exact;
  for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
    const group = refusals.get(`${name.slice(0, dot)}.*`);
    if (group !== undefined) return group;
  }
  return undefined;
}
