/**
 * The shop's rows, made from a fixed seed: the same on every machine and in every run. Nobody in it exists: e-mail at
 * example domains (RFC 2606), telephone numbers 555-01xx, social security numbers with the group 00, which is never assigned,
 * card numbers under a test prefix with a valid check digit (ISO/IEC 7812-1).
 */

type Row = Readonly<Record<string, unknown>>;
/** Rows by table, in the order in which foreign keys allow to fill them. */
export type ShopData = Readonly<Record<string, readonly Row[]>>;

export interface ShopSize {
  readonly customers: number;
  readonly products: number;
  readonly orders: number;
  readonly employees: number;
  readonly tickets: number;
  readonly views: number;
}

const demoSize: ShopSize = {
  customers: 2000,
  products: 120,
  orders: 4000,
  employees: 60,
  tickets: 500,
  views: 2000,
};

export function shopData(size: ShopSize = demoSize, seed = 20260101): ShopData {
  const random = randomSource(seed);
  const customers = range(size.customers).map((id) => customer(random, id));
  const products = range(size.products).map((id) => product(random, id));
  const employees = range(size.employees).map((id) => employee(random, id));
  const orders: Row[] = [];
  const items: Row[] = [];
  for (const id of range(size.orders)) {
    const lines = range(random.integer(1, 4)).map((position) => item(random, id, position, random.pick(products)));
    items.push(...lines);
    orders.push(order(random, id, random.integer(1, size.customers), lines));
  }
  return {
    customers,
    products,
    orders,
    order_items: items,
    employees,
    support_tickets: range(size.tickets).map((id) => ticket(random, id, random.pick(customers), size.employees)),
    integrations: ["billing", "shipping", "newsletter"].map((service, index) =>
      integration(random, index + 1, service),
    ),
    page_views: range(size.views).map(() => pageView(random, size)),
  };
}

function customer(random: RandomSource, id: number): Row {
  const first = random.pick(firstNames);
  const last = random.pick(lastNames);
  const ssn = random.digits(3) + "-00-" + random.digits(4);
  const [city, country] = random.pick(cities);
  return {
    id,
    name: `${first} ${last}`,
    email: `${ascii(first)}.${ascii(last)}${id}@${random.pick(domains)}`,
    phone: random.chance(0.9) ? phone(random) : null,
    ssn: random.chance(0.95) ? ssn : null,
    card_number: random.chance(0.8) ? cardNumber(random) : null,
    birth_date: random.date("1940-01-01", "2007-12-31"),
    street: `${random.pick(streets)} ${random.integer(1, 180)}`,
    city,
    postal_code: random.digits(5),
    country,
    legacy_ref: id % 7 === 0 ? ssn : null,
    is_vip: random.chance(0.05),
    credit_limit: random.integer(1, 50) * 100,
    preferences: { newsletter: random.chance(0.4), language: random.pick(["en", "de", "fr", "es"]) },
    created_at: random.time("2019-01-01", "2026-01-01"),
  };
}

function product(random: RandomSource, id: number): Row {
  const [category, things] = random.pick(goods);
  return {
    id,
    sku: `${category.slice(0, 3).toUpperCase()}-${String(id).padStart(4, "0")}`,
    name: `${random.pick(adjectives)} ${random.pick(things)}`,
    category,
    price: random.integer(199, 24_999) / 100,
    weight_g: random.chance(0.9) ? random.integer(20, 9000) : null,
    in_stock: random.integer(0, 400),
  };
}

function item(random: RandomSource, orderId: number, position: number, of: Row): Row {
  return { order_id: orderId, position, product_id: of["id"], quantity: random.integer(1, 3), unit_price: of["price"] };
}

function order(random: RandomSource, id: number, customerId: number, lines: readonly Row[]): Row {
  const cents = lines.reduce(
    (sum, line) => sum + Math.round(Number(line["unit_price"]) * 100) * Number(line["quantity"]),
    0,
  );
  const status = random.pick(["new", "paid", "shipped", "delivered", "delivered", "delivered", "returned"]);
  return {
    id,
    customer_id: customerId,
    status,
    ordered_at: random.time("2023-01-01", "2026-06-30"),
    shipped_on: status === "new" || status === "paid" ? null : random.date("2023-01-03", "2026-06-30"),
    total: cents / 100,
    note: random.chance(0.1) ? random.pick(["leave at the door", "gift wrap, please", "ring twice"]) : null,
  };
}

function employee(random: RandomSource, id: number): Row {
  const first = random.pick(firstNames);
  const last = random.pick(lastNames);
  const [department, titles] = random.pick(departments);
  return {
    id,
    first_name: first,
    last_name: last,
    email: `${ascii(first)}.${ascii(last)}${id}@shop.example`,
    department,
    title: random.pick(titles),
    manager_id: id === 1 ? null : random.integer(1, Math.max(1, Math.floor(id / 4))),
    salary: random.integer(320, 1450) * 100,
    iban: `DE${random.digits(20)}`,
    password_hash: `scrypt$16384$${random.hex(16)}$${random.hex(32)}`,
    hired_on: random.date("2012-01-01", "2026-03-31"),
  };
}

function ticket(random: RandomSource, id: number, from: Row, employees: number): Row {
  const [subject, body] = random.pick(complaints);
  const closed = random.chance(0.7);
  const opened = random.time("2025-01-01", "2026-06-01");
  return {
    id,
    customer_id: from["id"],
    assigned_to: random.chance(0.8) ? random.integer(1, employees) : null,
    priority: random.pick(["low", "normal", "normal", "urgent"]),
    subject,
    body: body.replace("{email}", String(from["email"])).replace("{phone}", phone(random)),
    tags: random.chance(0.5) ? [random.pick(["refund", "delivery", "account"])] : [],
    opened_at: opened,
    closed_at: closed ? random.time("2026-06-01", "2026-07-01") : null,
  };
}

function integration(random: RandomSource, id: number, service: string): Row {
  return {
    id,
    service,
    endpoint: `https://${service}.example/api`,
    api_token: `tok_${random.hex(24)}`,
    rotated_on: random.date("2025-06-01", "2026-06-01"),
  };
}

function pageView(random: RandomSource, size: ShopSize): Row {
  return {
    customer_id: random.chance(0.7) ? random.integer(1, size.customers) : null,
    path: `/products/${random.integer(1, size.products)}`,
    // 198.51.100.0/24 and 203.0.113.0/24 are for documentation (RFC 5737).
    ip_address: `${random.pick(["198.51.100", "203.0.113"])}.${random.integer(1, 254)}`,
    viewed_at: random.time("2025-01-02", "2026-12-30"),
  };
}

function phone(random: RandomSource): string {
  return `+1 ${random.integer(201, 989)} 555 01${random.digits(2)}`;
}

function cardNumber(random: RandomSource): string {
  const digits = `400000${random.digits(9)}`;
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[index]);
    const doubled = index % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return `${digits}${(10 - (sum % 10)) % 10}`.replace(/(.{4})(?=.)/g, "$1 ");
}

function ascii(name: string): string {
  return name
    .normalize("NFD")
    .replace(/[^A-Za-z]/g, "")
    .toLowerCase();
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

interface RandomSource {
  integer(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  digits(count: number): string;
  hex(count: number): string;
  date(from: string, to: string): string;
  time(from: string, to: string): string;
}

/** A linear congruential generator (multiplier of Numerical Recipes' `ranqd1`), its upper bits: plenty for a demo. */
function randomSource(seed: number): RandomSource {
  let state = seed >>> 0;
  const fraction = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const high = state >>> 8;
    return high / 0x1000000;
  };
  const integer = (from: number, to: number) => from + Math.floor(fraction() * (to - from + 1));
  const pick = <T>(from: readonly T[]): T => {
    const chosen = from[integer(0, from.length - 1)];
    if (chosen === undefined) throw new Error("nothing to pick from");
    return chosen;
  };
  const symbols = (alphabet: string, count: number) =>
    Array.from({ length: count }, () => alphabet.charAt(integer(0, alphabet.length - 1))).join("");
  const time = (from: string, to: string) => {
    const start = Date.parse(`${from}T00:00:00Z`);
    return new Date(
      start + Math.floor((fraction() * (Date.parse(`${to}T00:00:00Z`) - start)) / 1000) * 1000,
    ).toISOString();
  };
  return {
    integer,
    chance: (probability) => fraction() < probability,
    pick,
    digits: (count) => symbols("0123456789", count),
    hex: (count) => symbols("0123456789abcdef", count),
    date: (from, to) => time(from, to).slice(0, 10),
    time,
  };
}

const firstNames =
  "Ada Alan Amina Barbara Carlos Chen Dmitri Edsger Elif Emma Fatima Frances Grace Hedy Ingrid Ivan Jean Joan José Kofi Lars Leila Linus Margaret Mei Niklaus Noor Olga Priya Radia Rosa Sofía Tim Tomás Yuki Zoë".split(
    " ",
  );
const lastNames =
  "Allen Bauer Berners Chandra Diaz Fischer García Hamilton Hopper Ivanova Jensen Kowalski Lamarr Liskov Lovelace Mbeki Müller Nakamura Novak Okafor Perlman Rossi Sato Silva Spärck Torvalds Turing Wirth Yılmaz Zhang".split(
    " ",
  );
const domains = ["example.com", "example.net", "example.org", "mail.example"];
const cities = [
  ["Berlin", "DE"],
  ["Hamburg", "DE"],
  ["Lyon", "FR"],
  ["Paris", "FR"],
  ["Madrid", "ES"],
  ["Porto", "PT"],
  ["Wien", "AT"],
  ["Zürich", "CH"],
] as const;
const streets = ["Lindenweg", "Rue Haute", "Calle Mayor", "Hauptstraße", "Mill Lane", "Via Roma"];
const adjectives = ["Quiet", "Sturdy", "Little", "Blue", "Folding", "Everyday", "Nordic", "Handmade"];
const goods = [
  ["kitchen", ["Kettle", "Teapot", "Pan", "Knife", "Scale"]],
  ["garden", ["Spade", "Lantern", "Hammock", "Watering Can"]],
  ["office", ["Lamp", "Chair", "Notebook", "Desk"]],
  ["travel", ["Backpack", "Suitcase", "Bottle"]],
] as const;
const departments = [
  ["sales", ["Account Manager", "Sales Lead"]],
  ["support", ["Agent", "Team Lead"]],
  ["engineering", ["Engineer", "Staff Engineer", "Data Engineer"]],
  ["finance", ["Accountant", "Controller"]],
] as const;
const complaints = [
  ["Where is my parcel?", "It should have been here on Monday. Please write to {email}."],
  ["Wrong colour", "I ordered blue and got green. Call me at {phone}, best after six."],
  ["Refund", "I sent the kettle back two weeks ago. My card still shows the charge; {email} is my PayPal address too."],
  ["Cannot log in", "The reset mail to {email} never arrives."],
  ["Thank you", "Great service, the lamp is lovely!"],
] as const;
