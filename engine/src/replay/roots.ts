/**
 * The roots of a session in the audit log, so that its statements can be decided again: written once, with the line `connect`. They
 * are what rules see, claims included.
 */
import { type AuthMethod, fromValue, type PrincipalKind, RegoObject, toJson, type Value } from "@penstock/language";
import { defaultSubject, subjectOf } from "../decide/subject.ts";
import type { Principal, PrincipalContext } from "../enforcer.ts";

export function rootsJson(who: PrincipalContext): string {
  return toJson(RegoObject.fromEntries(Object.entries(subjectOf(who))));
}

type Fields = Readonly<Record<string, unknown>>;

/** What `rootsJson` wrote. Fields that a record lacks are those of an ordinary person on an ordinary connection. */
export function contextFromRoots(roots: Value): PrincipalContext {
  const given = fieldsOf(fromValue(roots));
  const session = { ...defaultSubject.session, ...fieldsOf(given["session"]) };
  const target = { ...defaultSubject.target, ...fieldsOf(given["target"]) };
  const client = fieldsOf(session["client"]);
  return {
    principal: principalFrom(fieldsOf(given["principal"])),
    session: {
      id: textOf(session["id"]),
      database: textOf(session["database"]),
      user: textOf(session["user"]),
      client: {
        address: textOf(client["address"]),
        application: textOf(client["application"]),
        tls: client["tls"] === true,
      },
      startedAtNs: nanoseconds(session["started_at_ns"]),
      tags: textsOf(session["tags"]),
    },
    target: {
      name: textOf(target["name"]),
      engine: "postgres",
      version: textOf(target["version"]),
      environment: textOf(target["environment"]),
      tags: textsOf(target["tags"]),
    },
  };
}

function principalFrom(given: Fields): Principal {
  const fields: Fields = { ...defaultSubject.principal, ...given };
  const { groups } = given;
  const auth = { ...fieldsOf(defaultSubject.principal["auth"]), ...fieldsOf(given["auth"]) };
  const onBehalfOf = given["on_behalf_of"];
  return {
    id: textOf(fields["id"]),
    name: textOf(given["name"] ?? fields["id"]),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an older or newer record may have a word that rules do not know
    kind: textOf(fields["kind"]) as PrincipalKind,
    groups: Array.isArray(groups) ? groups.map(textOf) : [],
    claims: fieldsOf(fields["claims"]),
    ...(onBehalfOf === undefined
      ? {}
      : { onBehalfOf: principalFrom(typeof onBehalfOf === "string" ? { id: onBehalfOf } : fieldsOf(onBehalfOf)) }),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- likewise
    auth: { method: textOf(auth["method"]) as AuthMethod, atNs: nanoseconds(auth["at_ns"]), mfa: auth["mfa"] === true },
  };
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fieldsOf(value)).map(([key, text]) => [key, textOf(text)]));
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function nanoseconds(value: unknown): bigint {
  return typeof value === "number" || typeof value === "bigint" ? BigInt(value) : 0n;
}
