/**
 * Three databases for one principal: the shop, a twin that differs from it in what is hidden from the principal and in nothing else,
 * and one in which the masked values stand in the tables and hidden rows do not. What the principal sees of the first two through the proxy must be the
 * same, and the same as what the third shows to anybody who asks it directly.
 */
import { Client, type ClientConfig } from "pg";
import { createShop } from "../demo/shop.ts";
import type { ProxiedDatabase } from "../support/proxied.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { changeHiddenRows, deleteHiddenRows, forgetCounts, type HiddenRows, loosen } from "./hidden-rows.ts";
import { viewStatements } from "./views.ts";

export interface Twins {
  readonly shop: ProxiedDatabase;
  readonly twin: ProxiedDatabase;
  readonly masked: ProxiedDatabase;
}

/** What stands in place of a column's value, as SQL over the row. */
interface Hiding {
  /** In the twin: another value that the mask makes look the same, of the same length, so that no page looks different. */
  readonly twin: string;
  /** In the masked database: what the mask makes of it, by the masks' documentation, not by their code. */
  readonly masked: string;
}

/** By table, then by column. */
export type HiddenColumns = Readonly<Record<string, Readonly<Record<string, Hiding>>>>;

const digits = (column: string) => `translate(${column}, '0123456789', '5678901234')`;
const letters = (text: string) =>
  `translate(${text}, 'abcdefghijklmnopqrstuvwxyz0123456789', 'nopqrstuvwxyzabcdefghijklm5678901234')`;
const email: Hiding = {
  twin: `left(email, 1) || ${letters("substr(split_part(email, '@', 1), 2)")} || '@' || split_part(email, '@', 2)`,
  masked: "left(email, 1) || '***@' || split_part(email, '@', 2)",
};
const stars = (column: string, kept: number) => `repeat('*', length(${column}) - ${kept})`;

/** What the pack `pii` hides from somebody in no group. */
export const hiddenByPacks: HiddenColumns = {
  customers: {
    email,
    phone: {
      twin: `${digits("left(phone, -2)")} || right(phone, 2)`,
      masked: `${stars("phone", 2)} || right(phone, 2)`,
    },
    // The mask gives the same for NULL: whether there is a value is hidden as well.
    ssn: { twin: `case when id % 5 > 0 then ${digits("coalesce(ssn, '123-00-4567')")} end`, masked: "'***'" },
    card_number: {
      twin: `${digits("left(card_number, -4)")} || right(card_number, 4)`,
      masked: `${stars("card_number", 4)} || right(card_number, 4)`,
    },
    birth_date: {
      twin: "(date_trunc('year', birth_date) + (('2000-12-31' - birth_date) % 365 + 365) % 365 * interval '1 day')::date",
      masked: "date_trunc('year', birth_date)::date",
    },
    street: { twin: "reverse(street)", masked: "'***'" },
    postal_code: {
      twin: `left(postal_code, 2) || ${digits("substr(postal_code, 3)")}`,
      masked: `left(postal_code, 2) || ${stars("postal_code", 2)}`,
    },
    legacy_ref: { twin: digits("legacy_ref"), masked: "'***'" },
  },
  employees: {
    email,
    salary: { twin: "177000 - salary", masked: "null" },
    iban: {
      twin: `left(iban, 2) || ${digits("substr(iban, 3, length(iban) - 6)")} || right(iban, 4)`,
      masked: `left(iban, 2) || ${stars("iban", 6)} || right(iban, 4)`,
    },
    password_hash: { twin: letters("password_hash"), masked: "'***'" },
  },
  integrations: { api_token: { twin: letters("api_token"), masked: "'***'" } },
  page_views: { ip_address: { twin: "ip_address + 1", masked: "null" } },
};

/** What `strictPolicy` hides besides: other types, other masks, and columns that joins and groups go by. */
const hiddenByStrictPolicy: HiddenColumns = {
  customers: {
    is_vip: { twin: "not is_vip", masked: "null" },
    preferences: { twin: 'preferences || \'{"language": "xx"}\'', masked: "null" },
    created_at: {
      twin: "date_trunc('month', created_at, 'UTC') + interval '27 days' - (created_at - date_trunc('day', created_at, 'UTC'))",
      masked: "date_trunc('month', created_at, 'UTC')",
    },
    credit_limit: { twin: "credit_limit + 7", masked: "1000" },
  },
  orders: {
    note: { twin: "coalesce(upper(note), 'none')", masked: "'noted'" },
    customer_id: { twin: "1 + (customer_id + 3) % (select count(*) from customers)", masked: "null" },
    status: { twin: "case status when 'new' then 'paid' else 'new' end::order_status", masked: "null" },
    shipped_on: {
      twin: "shipped_on - (extract(day from shipped_on)::int - 1)",
      masked: "date_trunc('month', shipped_on)::date",
    },
  },
  support_tickets: {
    tags: { twin: "tags || 'x'::text", masked: "null" },
    subject: { twin: "reverse(subject)", masked: "'a ticket'" },
  },
};

export const strictPolicy = {
  path: "strict.policy",
  text: `package strict

strict if "strict" in principal.groups

mask public.customers.is_vip with null() if strict
mask public.customers.preferences with null() if strict
mask public.customers.created_at with truncate("month") if strict
mask public.customers.credit_limit with constant(1000) if strict
mask public.orders.note with constant("noted") if strict
mask public.orders.customer_id with null() if strict
mask public.orders.status with null() if strict
mask public.orders.shipped_on with truncate("month") if strict
mask public.support_tickets.tags with null() if strict
mask public.support_tickets.subject with constant("a ticket") if strict
`,
};

export const hiddenFromStrict: HiddenColumns = union(hiddenByPacks, hiddenByStrictPolicy);

function union(a: HiddenColumns, b: HiddenColumns): HiddenColumns {
  const tables = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(tables.map((table) => [table, { ...a[table], ...b[table] }]));
}

/** Few rows: statements of the generator join and nest. */
export const smallShop = { customers: 16, products: 8, orders: 24, employees: 9, tickets: 12, views: 16 };

/** Settings that the server of these databases needs: nothing may change by itself. */
export const twinServerSettings = {
  autovacuum: "off",
  max_parallel_workers_per_gather: "0",
};

/**
 * @param name of the shop's database; the others are named after it.
 * @param rows that are hidden; left out, the shop keeps the foreign keys that differing rows, or changes of masked keys, would break.
 * @param more SQL that adds to the shop what `hidden` names besides.
 */
export async function createTwins(
  server: PostgresServer,
  name: string,
  hidden: HiddenColumns,
  rows: HiddenRows | undefined,
  more = "",
): Promise<Twins> {
  const shop = await createShop(server, { name, size: smallShop });
  if (more !== "") await withClient(shop.url, (client) => client.query(more));
  const login = { host: shop.host, port: shop.port, user: shop.user, password: shop.password };
  await withClient({ ...login, database: name }, async (client) => {
    for (const statement of viewStatements()) await client.query(statement);
  });
  const copies = { twin: `${name}_twin`, masked: `${name}_masked` };
  await withClient(server.url(), async (client) => {
    // Copies of the files: the same object ids everywhere.
    for (const copy of Object.values(copies))
      await client.query(`create database ${copy} template ${name} owner ${name}`);
  });
  const changing = (change: (client: Client, of: HiddenRows) => Promise<void>) => async (client: Client) => {
    if (rows === undefined) return;
    await loosen(client, rows);
    await change(client, rows);
  };
  const nothing = changing(() => Promise.resolve());
  await rewrite(server, name, hidden, nothing, (column) => column);
  await rewrite(server, copies.twin, hidden, changing(changeHiddenRows), (_column, hiding) => hiding.twin);
  await rewrite(server, copies.masked, hidden, changing(deleteHiddenRows), (_column, hiding) => hiding.masked);
  // What joins too much is given up.
  await withClient(server.url(), (client) => client.query(`alter role ${name} set statement_timeout = '2s'`));
  return {
    shop: { ...login, database: name },
    twin: { ...login, database: copies.twin },
    masked: { ...login, database: copies.masked },
  };
}

/** All three are written in the same way, so that rows lie in the same places, and then know nothing of their values' distribution. */
async function rewrite(
  server: PostgresServer,
  database: string,
  hidden: HiddenColumns,
  change: (client: Client) => Promise<void>,
  value: (column: string, hiding: Hiding) => string,
): Promise<void> {
  await withClient(server.url(database), async (client) => {
    for (const [table, columns] of Object.entries(hidden)) {
      await dropConstraints(client, table, Object.keys(columns));
      const assignments = Object.entries(columns).map(([column, hiding]) => `${column} = ${value(column, hiding)}`);
      await client.query(`update ${table} set ${assignments.join(", ")}`);
    }
    await change(client);
    await refreshCopies(client);
    await tidy(client);
  });
}

/**
 * Puts rows where they were at first. Changes that were taken back leave pages behind, when which of them are used again is chance: the
 * planner goes by their number.
 */
export async function tidyUp(server: PostgresServer, twins: Twins): Promise<void> {
  for (const { database } of Object.values(twins)) await withClient(server.url(database), tidy);
}

async function tidy(client: Client): Promise<void> {
  await client.query("vacuum full");
  await forgetCounts(client);
  await client.query("delete from pg_statistic");
}

async function refreshCopies(client: Client): Promise<void> {
  const found = await client.query<{ name: string }>(
    "select oid::regclass::text as name from pg_class where relkind = 'm'",
  );
  for (const { name } of found.rows) await client.query(`refresh materialized view ${name}`);
}

/** Masked values need not be unique, or there at all. In all three databases alike, for the plans must be the same. */
async function dropConstraints(client: Client, table: string, columns: readonly string[]): Promise<void> {
  for (const column of columns) await client.query(`alter table ${table} alter ${column} drop not null`);
  const found = await client.query<{ name: string }>(
    `select conname as name from pg_constraint c where conrelid = $1::regclass and contype in ('u', 'f') and exists (
      select from pg_attribute a where a.attrelid = c.conrelid and a.attnum = any(c.conkey) and a.attname = any($2))`,
    [table, columns],
  );
  for (const { name } of found.rows)
    await client.query(`alter table ${table} drop constraint ${client.escapeIdentifier(name)}`);
}

async function withClient(at: string | ClientConfig, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client(at);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
