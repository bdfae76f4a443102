/** Stored functions, procedures and triggers over the schema beside this, made after it. */
export const programs: readonly string[] = [
  "create table log (id int auto_increment primary key, what varchar(80), who int, at datetime)",
  "create table events (id int primary key, region varchar(8) not null, body varchar(40), ssn char(11), seen int)",
  "insert into events values (1, 'EU', 'a', '555-66-7777', 0), (2, 'US', 'hidden-note', '555-66-8888', 0)",
  "create table sizes (id int primary key, label varchar(40), length int)",
  // Functions.
  "create function greeting(who varchar(80)) returns varchar(90) deterministic return concat('Hello ', who)",
  "create function city_of(who int) returns varchar(20) reads sql data return (select city from customers where id = who)",
  "create function orders_of(who int) returns int reads sql data return (select count(*) from orders where customer_id = who)",
  "create function Told_SSN(who int) returns varchar(20) reads sql data return concat(known_ssn(who), '!')",
  `create function counted(low int, high int) returns int deterministic
    begin
      declare total, i int default 0;
      declare continue handler for sqlexception set total = -1;
      set i = low;
      adding: while i <= high do
        if i = 13 then leave adding; end if;
        set total = total + case when i % 2 = 0 then i else 0 end, i = i + 1;
      end while;
      return total;
    end`,
  // It has the name of one of the server's own, which is the one that is meant where no database is named.
  "create function load_file(name varchar(80)) returns int deterministic return 1",
  "create function keep(value varchar(80)) returns int modifies sql data begin insert into log (what) values (value); return 1; end",
  "create function guess(who int) returns int reads sql data begin declare n int; select count(*) into n from customers c where c.id = who and c.ssn like '1%'; return n; end",
  "create function maybe(who int) returns int reads sql data begin if exists (select 1 from customers where email like 'a%' and id = who) then return 1; end if; return 0; end",
  // Procedures.
  "create procedure list_labels(in low int) begin select id, label from labels where id >= low order by id; select count(*) as n from labels; end",
  "create procedure list_customers() select id, name, city from customers",
  "create procedure list_all() select * from customers",
  "create procedure list_orders() select id from orders",
  "create procedure by_text(in name varchar(20)) begin set @text = concat('select * from ', name); prepare s from @text; execute s; deallocate prepare s; end",
  "create procedure at_once() execute immediate 'select * from customers'",
  "create procedure outer_one() begin call list_all(); end",
  "create procedure outer_fine(out n int) begin call list_labels(2); select count(*) into n from labels; end",
  `create procedure each_label(out all_of_them text)
    begin
      declare done boolean default false;
      declare word varchar(80);
      declare words cursor for select label from labels order by id;
      declare continue handler for not found set done = true;
      set all_of_them = '';
      open words;
      reading: loop
        fetch words into word;
        if done then leave reading; end if;
        set all_of_them = concat(all_of_them, '/', word);
      end loop;
      close words;
      for row in (select id, label from labels) do set all_of_them = concat(all_of_them, ',', row.id); end for;
    end`,
  "create procedure each_customer(out found text) begin declare c cursor for select ssn from customers; open c; fetch c into found; close c; end",
  "create procedure tell_error() begin declare exit handler for sqlexception begin get diagnostics condition 1 @said = message_text; select @said; end; insert into labels (id) values (1); end",
  "create procedure shows() show tables",
  "create procedure sets() set session max_join_size = 5",
  "create procedure moves(in who int, in place varchar(20)) begin start transaction; update customers set city = place where id = who; insert into log (what, who) values ('moved', who); commit; end",
  "create procedure raises(in who int) begin declare v varchar(90); select ssn into v from customers where id = who; signal sqlstate '45000' set message_text = v; end",
  "create procedure warns(in who int) begin if who > 5 then signal sqlstate '45000' set message_text = 'too large'; end if; select who; end",
  "create procedure copies() insert into labels (id, label) select id + 100, ssn from customers",
  "create procedure deletes_all() delete from labels",
  // Triggers.
  "create trigger customers_moved after update on customers for each row insert into log (what, who, at) values ('moved', new.id, now())",
  "create trigger customers_gone before delete on customers for each row insert into log (what, who) values (old.email, old.id)",
  "create trigger events_made before insert on events for each row set new.body = upper(new.body), new.seen = coalesce(new.seen, 0) + 1",
  "create trigger events_seen before update on events for each row begin if old.ssn like '555%' then set new.seen = old.seen + 1; end if; end",
  "create trigger events_gone after delete on events for each row begin if old.id > 100 then signal sqlstate '45000' set message_text = 'no'; end if; end",
  "create trigger sizes_made before insert on sizes for each row begin declare n int; set n = char_length(new.label); call measured(n, new.length); end",
  "create procedure measured(in n int, out size int) set size = n * 2",
  "create view greetings as select id, greeting(name) as words from customers",
  "create view mail_greetings as select id, greeting(email) as words from customers",
  "create view told as select id, known_ssn(id) as words from labels",
];

export const programPolicy = `
mask shop.events.ssn with redact()
filter shop.events as row where row.region == "EU"
`;

/** Each answers what it answers where nothing is hidden because it is not there. */
export const run: readonly string[] = [
  "select greeting('you')",
  "select id, greeting(email), greeting(ssn) from customers",
  "select shop.GREETING(city) from customers where greeting(name) like 'Hello %'",
  "select id, city_of(id) from customers",
  "select counted(1, 20)",
  "select keep(city) from customers",
  "select * from greetings",
  "select words from mail_greetings",
  "call list_labels(2)",
  "call shop.list_customers()",
  "call outer_fine(@n)",
  "call each_label(@all)",
  "call warns(3)",
  "set @n = counted(1, 5)",
  "do greeting('x')",
  "update customers set city = 'x' where ssn = '***'",
  "insert into events (id, region, body) values (9, 'EU', 'x')",
  "delete from events",
  "delete from labels where id = counted(1, 2)",
  "insert into sizes (id, label) values (1, 'abc')",
];

/** The text, a part of the reason, and a harmless twin. */
export const refused: readonly (readonly [text: string, reason: RegExp, twin: string])[] = [
  ["select known_ssn(1)", /function `shop\.known_ssn` reads shop\.customers, of which/, "select city_of(1)"],
  ["select told_ssn(1)", /function `shop\.known_ssn` reads shop\.customers/, "select greeting('x')"],
  ["select * from told", /view shop\.told runs/, "select * from greetings"],
  [
    "use archive; select words from shop.mail_greetings",
    /calls `greeting` of its own database/,
    "select words from shop.mail_greetings",
  ],
  ["select orders_of(1)", /`shop\.orders_of` reads shop\.orders/, "select counted(1, 2)"],
  [
    "select load_file('/etc/passwd')",
    /`load_file` reaches data past its tables/,
    "select shop.load_file('/etc/passwd')",
  ],
  ["select guess(1)", /`shop\.guess` reads shop\.customers/, "select counted(1, 2)"],
  ["select maybe(1)", /`shop\.maybe` reads shop\.customers/, "select counted(1, 2)"],
  ["select 1 from labels where guess(id) = 1", /`shop\.guess`/, "select 1 from labels where counted(id, id) = 1"],
  [
    "select keep(ssn) from customers",
    /`shop\.keep` could store a value that is masked/,
    "select keep(name) from customers",
  ],
  ["call list_all()", /`shop\.list_all` reads shop\.customers/, "call list_customers()"],
  ["call list_orders()", /`shop\.list_orders` reads shop\.orders/, "call list_customers()"],
  ["call outer_one()", /`shop\.list_all` reads/, "call outer_fine(@n)"],
  ["call by_text('labels')", /`shop\.by_text` runs SQL given as text \(`PREPARE`\)/, "call list_labels(1)"],
  ["call at_once()", /`shop\.at_once` runs SQL given as text \(`EXECUTE`\)/, "call list_labels(1)"],
  ["call each_customer(@x)", /`shop\.each_customer` reads/, "call each_label(@x)"],
  ["call tell_error()", /reads what errors and warnings say/, "call list_labels(1)"],
  ["call shows()", /runs `show`/, "call list_labels(1)"],
  ["call sets()", /sets `max_join_size`|changes settings of the session/, "call list_labels(1)"],
  ["call raises(1)", /`shop\.raises` reads shop\.customers/, "call warns(1)"],
  ["call copies()", /`shop\.copies` reads shop\.customers/, "call list_labels(1)"],
  [
    "call list_labels((select min(id) from customers where ssn like '1%'))",
    /does not go together with CALL/,
    "call list_labels(1)",
  ],
  ["call unknown_one()", /`shop\.unknown_one` is not known/, "call list_labels(1)"],
  [
    "delete from customers where id = 1",
    /^trigger `customers_gone` of shop\.customers looks at columns of shop\.customers that are hidden/,
    "update customers set name = 'x' where id = 1",
  ],
  [
    "delete c from labels l join customers c on c.id = l.id",
    /^trigger `customers_gone`/,
    "update labels l join customers c on c.id = l.id set c.name = 'x'",
  ],
  [
    "update events set body = 'x'",
    /^trigger `events_seen` of shop\.events looks at columns of shop\.events/,
    "delete from events",
  ],
  [
    "insert into events (id, region) values (1, 'EU') on duplicate key update body = 'x'",
    /^trigger `events_seen`/,
    "insert into events (id, region) values (9, 'EU')",
  ],
  [
    "insert into noted (id) values (1)",
    /^trigger `noted_ssn` of shop\.noted reads shop\.customers/,
    "delete from noted",
  ],
];
