/** What rows are hidden from somebody in group `regional`: as policies, and as what the databases of the test are to differ in. */
import type { Client } from "pg";

interface FilteredTable {
  /** Which rows exist for the principal, as SQL by hand. */
  readonly visible: string;
  /** What hidden rows become in the twin: they stay hidden. */
  readonly assignments: string;
  /** Makes another hidden row of one, whose key is free: 300 more. */
  readonly copied: string;
  /**
   * Conditions on a row `#` that fail for hidden rows of one of the databases, and for no others. The planner takes them for cheap: beside the
   * filter they would often come first.
   */
  readonly probes: readonly string[];
}

export type HiddenRows = Readonly<Record<string, FilteredTable>>;

/** Filters on columns of several types, some leakproof, some not, one on a partitioned table. */
export const regionalPolicy = {
  path: "regional.policy",
  text: `package regional

regional if "regional" in principal.groups

filter public.customers as row where row.id % 3 != 1 if regional
filter public.customers as row where row.country != "FR" if regional
filter public.orders as row where row.total > 300 if regional
filter public.employees as row where row.department in {"sales", "engineering"} if regional
filter public.support_tickets as row where not startswith(lower(row.subject), "w") if regional
filter public.page_views as row where row.customer_id > 4 if regional
`,
};

export const hiddenRows: HiddenRows = {
  customers: {
    visible: "id % 3 <> 1 and country <> 'FR'",
    assignments:
      "name = 'Zed ' || id, city = 'Nowhere', credit_limit = 0, is_vip = not is_vip, preferences = '[]', created_at = '1999-01-01', ssn = '1', email = ''",
    copied: "select (jsonb_populate_record(t, jsonb_build_object('id', id + 300))).*",
    probes: ["#.name like 'Ze\\'", "#.city like 'No\\'", "1 / #.credit_limit > 0", "#.name !~ '^Z' or #.name::int > 0"],
  },
  orders: {
    visible: "total > 300",
    assignments: "total = 0, status = 'returned', note = 'hidden', customer_id = 1, ordered_at = '1999-01-01'",
    copied: "select (jsonb_populate_record(t, jsonb_build_object('id', id + 300))).*",
    probes: ["#.note like 'hi\\'", "1 / #.total > 0"],
  },
  employees: {
    visible: "department in ('sales', 'engineering')",
    assignments: "first_name = 'Zoe', title = '', manager_id = null, hired_on = '1999-01-01', salary = 0",
    copied: "select (jsonb_populate_record(t, jsonb_build_object('id', id + 300))).*",
    probes: ["#.first_name like 'Zo\\'", "100 / length(#.title) > 0"],
  },
  support_tickets: {
    visible: "lower(subject) not like 'w%'",
    assignments: "subject = 'w' || id, body = '', tags = '{}', customer_id = 1, closed_at = null",
    copied: "select (jsonb_populate_record(t, jsonb_build_object('id', id + 300))).*",
    probes: [
      "#.subject like 'w1\\'",
      "100 / cardinality(#.tags) is null",
      "#.subject not like 'w1%' or #.subject::int > 0",
    ],
  },
  page_views: {
    visible: "customer_id > 4",
    assignments: "path = '', customer_id = 1",
    copied: "select t.*",
    probes: ["100 / length(#.path) > 0"],
  },
};

/** In the twin hidden rows are others: some changed, some gone, some more. */
export async function changeHiddenRows(client: Client, rows: HiddenRows): Promise<void> {
  for (const [table, { visible, assignments, copied }] of Object.entries(rows)) {
    const hidden = `(${visible}) is not true`;
    await client.query(`insert into ${table} ${copied} from ${table} as t where ${hidden}`);
    await client.query(`delete from ${table} where ${hidden} and ctid::text like '%2)'`);
    await client.query(`update ${table} set ${assignments} where ${hidden}`);
  }
}

/** In the third database they never were. */
export async function deleteHiddenRows(client: Client, rows: HiddenRows): Promise<void> {
  for (const [table, { visible }] of Object.entries(rows)) {
    await client.query(`delete from ${table} where (${visible}) is not true`);
  }
}

/** Rows without what they refer to, several of one key's value, and a planner that takes all three databases for alike. */
export async function loosen(client: Client, rows: HiddenRows): Promise<void> {
  const found = await client.query<{ drop: string }>(`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop from pg_constraint
    where contype = 'f' and conparentid = 0 and connamespace = 'public'::regnamespace`);
  for (const { drop } of found.rows) await client.query(drop);
  for (const table of Object.keys(rows)) {
    const unique = await client.query<{ name: string }>(
      "select conname as name from pg_constraint where conrelid = $1::regclass and contype = 'u'",
      [table],
    );
    for (const { name } of unique.rows)
      await client.query(`alter table ${table} drop constraint ${client.escapeIdentifier(name)}`);
  }
}

/** After VACUUM, which counts the rows. */
export async function forgetCounts(client: Client): Promise<void> {
  await client.query(
    "update pg_class set reltuples = 20, relpages = 1 where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')",
  );
}
