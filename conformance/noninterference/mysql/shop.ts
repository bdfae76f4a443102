/**
 * A shop of MariaDB in three forms: as it is, a twin that differs from it in what is hidden and in nothing else, and one in which the masked
 * values stand in the tables and hidden rows do not. Values are made here rather than by SQL, so that nothing of the server's is in them.
 */

/** `masked`: what masks make of values, by their documentation and not by their code. */
export type World = "shop" | "twin" | "masked";

type Value = string | number | null;

interface ShopTable {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: string])[];
  /** Keys and options. */
  readonly keys: string;
  readonly options?: string;
  /** Values of a row in the order of the columns; for `twin` and `masked` those of hidden columns are others. */
  readonly row: (id: number, world: World) => readonly Value[];
  readonly count: number;
  readonly hides?: HiddenRows;
}

/** Which rows are hidden from somebody regional. In the twin they are others, some are gone and some are more. */
interface HiddenRows {
  readonly isHidden: (id: number) => boolean;
  /** What hidden rows are in the twin: still hidden. */
  readonly changed: (row: readonly Value[]) => readonly Value[];
}

const at = <T>(values: readonly T[], index: number): T => {
  const value = values[index % values.length];
  if (value === undefined) throw new Error("no values");
  return value;
};

const names = ["ann wolf", "bob ray", "cem oz", "dana poe", "eva lund", "finn obi", "gül ek", "ida o'hara"];
const cities = ["bonn", "lyon", "oslo", "rome", "bonn"];
const countries = ["DE", "FR", "NO", "IT", "DE"];
const hiredOn = ["2011-05-01", "2019-01-15", "2020-07-31"];
const days = ["1980-03-14", "1991-11-02", "1975-06-30", "2001-12-31", "1988-02-29"];

/** Another value for each world, of the same length, so that no page looks different; the third is what the mask makes of it. */
function hidden<T extends Value>(world: World, shop: T, twin: T, masked: Value): Value {
  return world === "shop" ? shop : world === "twin" ? twin : masked;
}

const digits = (seed: number, length: number) =>
  String((seed * 7_919 + 13) ** 3)
    .padStart(length, "4")
    .slice(0, length);

const stars = (text: string, first: number, last: number) =>
  text.slice(0, first) + "*".repeat(text.length - first - last) + (last === 0 ? "" : text.slice(-last));

function customer(id: number, world: World): readonly Value[] {
  const name = at(names, id);
  const hasEmail = id % 6 !== 5;
  const phone = `+49${digits(id, 7)}${id % 10}0`;
  const card = digits(id, 12) + String(1000 + id);
  const born = at(days, id);
  return [
    id,
    `${name}${id}`,
    hasEmail
      ? hidden(
          world,
          `${name[0]}secret${id}@one.example`,
          `${name[0]}hidden${id}@one.example`,
          `${name[0]}***@one.example`,
        )
      : null,
    hidden(world, phone, `+31${digits(id + 50, 7)}${id % 10}0`, stars(phone, 0, 2)),
    hidden(
      world,
      id % 5 === 0 ? null : `${digits(id, 3)}-11-${digits(id, 4)}`,
      id % 4 === 0 ? null : `${digits(id + 9, 3)}-22-${digits(id, 4)}`,
      "***",
    ),
    hidden(world, card, digits(id + 70, 12) + String(1000 + id), stars(card, 0, 4)),
    hidden(world, born, `${born.slice(0, 4)}-0${1 + (id % 9)}-${10 + id}`, `${born.slice(0, 4)}-01-01`),
    at(cities, id),
    at(countries, id),
    hidden(world, id % 7 === 0 ? null : 100 * id + 7, id % 3 === 0 ? null : 90 * id - 300, null),
    hidden(world, id % 2, (id + 1) % 2, null),
    hidden(world, `{"language": "en", "points": ${id}}`, `["x", ${id}]`, null),
    hidden(
      world,
      `2024-0${1 + (id % 9)}-17 10:${10 + id}:30`,
      `2024-0${1 + (id % 9)}-03 22:11:${10 + id}`,
      `2024-0${1 + (id % 9)}-01 00:00:00`,
    ),
    hidden(world, `ref-${200 - id}`, `ref-${300 + id}`, "ref"),
  ];
}

const bucket = (value: number, width: number) => Math.floor(value / width) * width;

export const shopTables: readonly ShopTable[] = [
  {
    name: "customers",
    columns: [
      ["id", "int not null"],
      ["name", "varchar(40) not null"],
      ["email", "varchar(80)"],
      ["phone", "varchar(20)"],
      ["ssn", "char(11)"],
      ["card", "varchar(20)"],
      ["birth_date", "date"],
      ["city", "varchar(20)"],
      ["country", "char(2) not null"],
      ["credit", "int"],
      ["is_vip", "tinyint(1)"],
      ["prefs", "json"],
      ["created_at", "datetime"],
      ["ref", "varchar(12) not null default 'ref'"],
    ],
    keys: "primary key (id), key by_email (email), key by_city (city, ssn), key by_credit (credit)",
    row: customer,
    count: 14,
    hides: {
      isHidden: (id) => id % 3 === 1 || at(countries, id) === "FR",
      changed: (row) =>
        row.map((value, index) => (index === 1 ? "zed" : index === 7 ? "nowhere" : index === 9 ? 0 : value)),
    },
  },
  {
    name: "orders",
    columns: [
      ["id", "int not null"],
      ["customer_id", "int"],
      ["status", "enum('new','paid','gone') not null"],
      ["total", "decimal(10,2)"],
      ["region", "varchar(8) not null"],
      ["note", "text"],
      ["ordered_at", "datetime"],
    ],
    keys: "primary key (id), key by_customer (customer_id), key by_region (region, total)",
    row: (id, world) => [
      id,
      1 + (id % 14),
      at(["new", "paid", "new", "gone"], id),
      id % 9 === 0 ? null : id * 12.5,
      at(["EU", "US", "EU", "EU", "ASIA"], id),
      hidden(world, id % 4 === 0 ? null : `note ${id}`, id % 5 === 0 ? null : `${id}`, "noted"),
      `2025-0${1 + (id % 8)}-1${id % 9} 08:00:00`,
    ],
    count: 20,
    hides: {
      isHidden: (id) => at(["EU", "US", "EU", "EU", "ASIA"], id) !== "EU",
      changed: (row) => row.map((value, index) => (index === 1 ? 2 : index === 3 ? 0 : index === 5 ? "zz" : value)),
    },
  },
  {
    name: "employees",
    columns: [
      ["id", "int not null"],
      ["name", "varchar(40) not null"],
      ["department", "varchar(20) not null"],
      ["salary", "decimal(10,2)"],
      ["bonus", "bigint"],
      ["iban", "varchar(34)"],
      ["manager_id", "int"],
      ["hired", "date"],
      ["password_hash", "varchar(64)"],
      ["badge", "varbinary(16)"],
    ],
    keys: "primary key (id), key by_salary (salary), unique key by_iban (iban)",
    row: (id, world) => {
      const iban = `DE${digits(id, 10)}${2000 + id}`;
      const bonus = 37 * id;
      return [
        id,
        at(names, id + 3),
        at(["sales", "engineering", "support"], id),
        hidden(world, 3000 + 111 * id, 9000 - 77 * id, null),
        // A bucket of 100.
        hidden(world, bonus, bucket(bonus, 100) + ((bonus + 51) % 100), bucket(bonus, 100)),
        hidden(world, iban, `DE${digits(id + 30, 10)}${2000 + id}`, stars(iban, 2, 4)),
        id < 3 ? null : id >> 1,
        at(hiredOn, id),
        hidden(world, `hash${digits(id, 9)}`, `hush${digits(id + 3, 9)}`, "***"),
        hidden(world, `b${id}`, `c${id + 1}`, null),
      ];
    },
    count: 9,
    hides: {
      isHidden: (id) => id % 3 === 2,
      changed: (row) => row.map((value, index) => (index === 1 ? "zoe" : index === 6 ? null : value)),
    },
  },
  {
    name: "tickets",
    columns: [
      ["id", "int not null"],
      ["customer_id", "int"],
      ["subject", "varchar(60)"],
      ["body", "text"],
      ["kinds", "set('bug','bill','ask')"],
      ["closed_at", "timestamp null"],
    ],
    keys: "primary key (id, subject)",
    options: "partition by hash (id) partitions 3",
    row: (id, world) => [
      id,
      1 + ((id * 5) % 14),
      `${at(["why", "refund", "Where", "help", "lost"], id)} ${id}`,
      hidden(world, `please help ${id}`, `call me at ${id}`, "***"),
      at(["bug", "bill,ask", "", "ask"], id),
      id % 3 === 0 ? null : `2025-05-0${1 + (id % 8)} 12:00:00`,
    ],
    count: 12,
    hides: {
      isHidden: (id) => ["why", "Where"].includes(at(["why", "refund", "Where", "help", "lost"], id)),
      changed: (row) =>
        row.map((value, index) => (index === 1 ? 1 : index === 2 ? `w${String(row[0])}` : index === 5 ? null : value)),
    },
  },
  {
    name: "products",
    columns: [
      ["id", "int not null"],
      ["sku", "varchar(12) not null"],
      ["name", "varchar(40) not null"],
      ["category", "varchar(20)"],
      ["price", "decimal(8,2) not null"],
      ["stock", "int"],
    ],
    keys: "primary key (id), unique key by_sku (sku)",
    row: (id) => [
      id,
      `sku-${id}`,
      at(["kettle", "lamp", "chair", "spade"], id),
      at(["kitchen", "garden"], id),
      3.25 * id,
      id % 4,
    ],
    count: 8,
  },
  {
    name: "words",
    columns: [
      ["id", "int not null"],
      ["word", "varchar(80)"],
      ["email", "varchar(80)"],
      ["ssn", "char(11)"],
    ],
    keys: "primary key (id)",
    // Among them what masks show, and what they hide.
    row: (id) => [
      id,
      at(["***", "noted", "a***@one.example", "404"], id),
      at([null, "asecret8@one.example", "b***@one.example"], id),
      at(["***", null, "464-11-4648"], id),
    ],
    count: 6,
  },
];

/** By name; each may read those before it. */
export const shopViews: Readonly<Record<string, string>> = {
  view_contacts: "select id, email as contact, city, birth_date from customers",
  view_rich: "select id, name, credit, ssn from customers where credit > 300 and email like '%e%'",
  view_grouped:
    "select city, count(*) as people, max(created_at) as latest, min(email) as first_email from customers group by city",
  view_joined:
    "select o.id, o.total, o.status, o.note, c.ssn as number, concat(c.name, ' ', c.email) as contact from orders o join customers c on c.id = o.customer_id",
  view_optional:
    "select c.id, c.name, c.phone, t.subject, t.body from customers c left join tickets t on t.customer_id = c.id",
  view_union: "select email as reach, 'customer' as kind from customers union select iban, department from employees",
  view_totals:
    "select customer_id, sum(total) as total, count(note) as notes from orders group by customer_id having count(*) > 0",
  view_ranked:
    "select id, customer_id, rank() over (partition by customer_id order by total desc, id) as place from orders",
  view_nested: "select r.id, r.name, t.total from view_rich r left join view_totals t on t.customer_id = r.id",
};

export const maskedColumns: readonly string[] = [
  "customers.email with email()",
  "customers.phone with partial(0, 2)",
  "customers.ssn with redact()",
  "customers.card with partial(0, 4)",
  'customers.birth_date with truncate("year")',
  "customers.credit with null()",
  "customers.is_vip with null()",
  "customers.prefs with null()",
  'customers.created_at with truncate("month")',
  'customers.ref with constant("ref")',
  'orders.note with constant("noted")',
  "employees.salary with null()",
  "employees.bonus with bucket(100)",
  "employees.iban with partial(2, 4)",
  "employees.password_hash with redact()",
  "employees.badge with null()",
  "tickets.body with redact()",
];

export const filteredRows: readonly string[] = [
  "customers as row where row.id % 3 != 1",
  'customers as row where row.country != "FR"',
  'orders as row where row.region == "EU"',
  'employees as row where row.department in {"sales", "engineering"}',
  'tickets as row where not startswith(lower(row.subject), "w")',
];

/** Statements that make the shop. @param rowsAreHidden whether hidden rows differ between the worlds, too */
export function shopStatements(world: World, rowsAreHidden: boolean): string[] {
  return [
    ...shopTables.flatMap((table) => [
      `create table ${table.name} (${table.columns.map(([name, type]) => `${name} ${type}`).join(", ")}, ${table.keys}) ${table.options ?? ""}`,
      `insert into ${table.name} values ${rowsOf(table, world, rowsAreHidden)
        .map((row) => `(${row.map(literal).join(", ")})`)
        .join(", ")}`,
    ]),
    // Plans are to be the same, whatever rows there are.
    ...shopTables.map(
      ({ name }) =>
        `replace into mysql.table_stats (db_name, table_name, cardinality) values (database(), '${name}', 20)`,
    ),
    "create table kept (id int not null auto_increment primary key, note text, number int)",
    ...Object.entries(shopViews).map(([name, query]) => `create view ${name} as ${query}`),
  ];
}

function rowsOf({ row, count, hides }: ShopTable, world: World, rowsAreHidden: boolean): (readonly Value[])[] {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  if (hides === undefined || !rowsAreHidden || world === "shop") return ids.map((id) => row(id, world));
  const isSeen = (id: number) => !hides.isHidden(id);
  if (world === "masked") return ids.filter(isSeen).map((id) => row(id, world));
  const others = ids
    .filter((id) => !isSeen(id) && id % 4 !== 0)
    .flatMap((id) => {
      const changed = hides.changed(row(id, world));
      // 302 % 3 === 2: of these the id does not hide the row.
      return [
        changed,
        [300 + 3 * id + 1, ...changed.slice(1)].map((value, index) => (index === 0 ? value : unique(value, id))),
      ];
    });
  return [...ids.filter(isSeen).map((id) => row(id, world)), ...others].sort((a, b) => Number(a[0]) - Number(b[0]));
}

/** So that no unique key forbids it. */
function unique(value: Value, id: number): Value {
  return typeof value === "string" && value.startsWith("DE") && value.length > 2
    ? `XX${value.slice(2, -1)}${id % 10}`
    : value;
}

function literal(value: Value): string {
  return typeof value === "string" ? `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'` : String(value);
}

/** Values that masks hide in the shop, and where they stand. */
export function maskedValues(): [value: string, from: string][] {
  return shopTables.flatMap(({ name, columns, row, count }) =>
    Array.from({ length: count }, (_, index) => [row(index + 1, "shop"), row(index + 1, "masked")] as const).flatMap(
      ([values, shown]) =>
        values.flatMap((value, place): [string, string][] =>
          value === null || value === shown[place] ? [] : [[String(value), `${name}.${columns[place]?.[0]}`]],
        ),
    ),
  );
}
