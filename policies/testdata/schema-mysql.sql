-- The shop of schema.sql for MySQL and MariaDB: the same tables, columns and comments, in types that both have.

create table customers (
  id           integer primary key,
  name         varchar(80) not null,
  email        varchar(254) not null unique,
  phone        varchar(20),
  ssn          varchar(11),
  card_number  varchar(19),
  birth_date   date,
  street       text,
  city         varchar(80) not null,
  postal_code  varchar(10),
  country      char(2) not null,
  legacy_ref   text comment 'Social security number in the system before 2019',
  is_vip       boolean not null,
  credit_limit decimal(10, 2) not null comment 'In EUR',
  preferences  json not null,
  created_at   datetime not null
) comment 'Everyone who has ever ordered';

create table products (
  id          integer primary key,
  sku         varchar(12) not null unique,
  name        varchar(80) not null,
  category    varchar(40) not null,
  price       decimal(10, 2) not null check (price > 0),
  weight_g    integer,
  in_stock    integer not null,
  price_gross decimal(12, 2) generated always as (round(price * 1.19, 2)) stored
);

create table orders (
  id          bigint primary key,
  customer_id integer not null,
  status      enum('new', 'paid', 'shipped', 'delivered', 'returned') not null,
  ordered_at  datetime not null,
  shipped_on  date,
  total       decimal(12, 2) not null,
  note        text,
  constraint orders_customer foreign key (customer_id) references customers (id)
);

create table order_items (
  order_id   bigint not null,
  position   smallint not null,
  product_id integer not null,
  quantity   integer not null check (quantity > 0),
  unit_price decimal(10, 2) not null,
  primary key (order_id, position),
  foreign key (order_id) references orders (id),
  foreign key (product_id) references products (id)
);

create table employees (
  id            integer primary key,
  first_name    varchar(80) not null,
  last_name     varchar(80) not null,
  email         varchar(254) not null unique,
  department    varchar(40) not null,
  title         varchar(80) not null,
  manager_id    integer,
  salary        decimal(10, 2) not null,
  iban          varchar(34) not null,
  password_hash text not null,
  hired_on      date not null,
  foreign key (manager_id) references employees (id)
);

create table support_tickets (
  id          integer primary key,
  customer_id integer not null,
  assigned_to integer,
  priority    enum('low', 'normal', 'urgent') not null,
  subject     varchar(120) not null,
  body        text not null,
  tags        json not null,
  opened_at   datetime not null,
  closed_at   datetime,
  foreign key (customer_id) references customers (id),
  foreign key (assigned_to) references employees (id)
);

create table integrations (
  id         integer primary key,
  service    varchar(80) not null unique,
  endpoint   text not null,
  api_token  text not null,
  rotated_on date not null
);

-- A partitioned table has no foreign keys here.
create table page_views (
  customer_id integer,
  path        text not null,
  ip_address  varchar(45) not null,
  viewed_at   datetime not null
) partition by range columns (viewed_at) (
  partition page_views_2025 values less than ('2026-01-01'),
  partition page_views_2026 values less than ('2027-01-01')
);

create view customer_overview as
  select c.id, c.name, c.email as contact, c.city, count(o.id) as orders, coalesce(sum(o.total), 0) as revenue, max(o.ordered_at) as last_order
  from customers c left join orders o on o.customer_id = c.id
  group by c.id;
