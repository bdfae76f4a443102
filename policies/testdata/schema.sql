-- A small shop, as many companies have it: ordinary names, nothing prepared for Penstock.

create domain quantity as integer check (value > 0);
create type order_status as enum ('new', 'paid', 'shipped', 'delivered', 'returned');
create type ticket_priority as enum ('low', 'normal', 'urgent');

create table customers (
  id           integer primary key,
  name         varchar(80) not null,
  email        varchar(254) not null unique,
  phone        varchar(20),
  ssn          varchar(11),
  card_number  varchar(19),
  birth_date   date,
  street       text,
  city         text not null,
  postal_code  varchar(10),
  country      char(2) not null,
  legacy_ref   text,
  is_vip       boolean not null,
  credit_limit numeric(10, 2) not null,
  preferences  jsonb not null,
  created_at   timestamptz not null
);
comment on table customers is 'Everyone who has ever ordered';
comment on column customers.legacy_ref is 'Social security number in the system before 2019';
comment on column customers.credit_limit is 'In EUR';

create table products (
  id         integer primary key,
  sku        varchar(12) not null unique,
  name       text not null,
  category   text not null,
  price      numeric(10, 2) not null check (price > 0),
  weight_g   integer,
  in_stock   integer not null,
  price_gross numeric(12, 2) generated always as (round(price * 1.19, 2)) stored
);

create table orders (
  id          bigint primary key,
  customer_id integer not null references customers,
  status      order_status not null,
  ordered_at  timestamptz not null,
  shipped_on  date,
  total       numeric(12, 2) not null,
  note        text
);
create index orders_customer on orders (customer_id);

create table order_items (
  order_id   bigint not null references orders,
  position   smallint not null,
  product_id integer not null references products,
  quantity   quantity not null,
  unit_price numeric(10, 2) not null,
  primary key (order_id, position)
);

create table employees (
  id            integer primary key,
  first_name    text not null,
  last_name     text not null,
  email         varchar(254) not null unique,
  department    text not null,
  title         text not null,
  manager_id    integer references employees,
  salary        numeric(10, 2) not null,
  iban          varchar(34) not null,
  password_hash text not null,
  hired_on      date not null
);

create table support_tickets (
  id          integer primary key,
  customer_id integer not null references customers,
  assigned_to integer references employees,
  priority    ticket_priority not null,
  subject     varchar(120) not null,
  body        text not null,
  tags        text[] not null,
  opened_at   timestamptz not null,
  closed_at   timestamptz
);

create table integrations (
  id         integer primary key,
  service    text not null unique,
  endpoint   text not null,
  api_token  text not null,
  rotated_on date not null
);

create table page_views (
  customer_id integer references customers,
  path        text not null,
  ip_address  inet not null,
  viewed_at   timestamptz not null
) partition by range (viewed_at);
create table page_views_2025 partition of page_views for values from ('2025-01-01') to ('2026-01-01');
create table page_views_2026 partition of page_views for values from ('2026-01-01') to ('2027-01-01');

create view customer_overview as
  select c.id, c.name, c.email as contact, c.city, count(o.id) as orders, coalesce(sum(o.total), 0) as revenue, max(o.ordered_at) as last_order
  from customers c left join orders o on o.customer_id = c.id
  group by c.id;
comment on view customer_overview is 'Customers with what they bought';
