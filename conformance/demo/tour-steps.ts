/** The questions of the tour, in the order in which they explain the product. */

export interface TourStep {
  readonly title: string;
  readonly sql: string;
  /** What to look at, said after the answers. */
  readonly note: string;
  /** The statement writes: it runs in a transaction that is rolled back. */
  readonly writes?: true;
  /** What is another on MariaDB. */
  readonly mariadb?: { readonly sql?: string; readonly note?: string };
}

export const tourSteps: readonly TourStep[] = [
  {
    title: "One customer, three readers",
    sql: "select name, email, phone, ssn, card_number, birth_date from customers where id = 7",
    note: "Same statement, same database. Columns were found by name, type and comment; nothing was configured.",
  },
  {
    title: "What holds nothing personal is left alone",
    sql: "select status, count(*) as orders, sum(total) as total from orders group by status order by 2 desc limit 3",
    note: "Forwarded byte for byte, rows never decoded.",
  },
  {
    title: "Through a view, under another name",
    sql: "select contact, city, orders, revenue from customer_overview where id = 7",
    note: "`contact` is `customers.email`: labels follow a view's definition.",
  },
  {
    title: "A trick: the whole row as JSON",
    sql: "select row_to_json(c) as row from (select id, email, ssn from customers) c where id = 7",
    note: "Masks act where the table is read, so no expression around it can undo them.",
    mariadb: {
      sql: "select json_object('id', id, 'email', email, 'ssn', ssn) as customer from customers where id = 7",
    },
  },
  {
    title: "A trick: guessing with WHERE",
    sql: "select count(*) as ssn_starting_with_4 from customers where ssn like '4%'",
    note: "Filters, joins, grouping and order see masked values too: nothing to probe.",
  },
  {
    title: "Salaries",
    sql: "select department, count(*) as people, round(avg(salary)) as average_salary from employees group by 1 order by 1",
    note: "",
  },
  {
    title: "What people wrote to support",
    sql: "select subject, body from support_tickets where id = 2",
    note: "Ann reads tickets. Her agent does not get to read what customers put into them.",
  },
  {
    title: "A large result",
    sql: "select id, status, total from orders order by id",
    note: "Agents get 200 rows at a time.",
  },
  {
    title: "A write",
    sql: "update products set price = price * 1.1 where category = 'garden'",
    note: "Rolled back by the tour.",
    writes: true,
  },
  {
    title: "A write without WHERE",
    sql: "update products set price = 0",
    note: "An error in the client, not a lost connection: each session goes on.",
    writes: true,
  },
  {
    title: "DROP TABLE",
    sql: "drop table order_items",
    note: "Rolled back by the tour.",
    writes: true,
    mariadb: { note: "MariaDB rolls no DROP back: here the table is gone." },
  },
  {
    title: "Files of the server",
    sql: "select pg_read_file('/etc/passwd')",
    note: "",
    mariadb: { sql: "select load_file('/etc/passwd')" },
  },
];
