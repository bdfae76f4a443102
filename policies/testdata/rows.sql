-- A few rows for tests that call rows(sql). Names and numbers are made up.

insert into customers values
  (1, 'Mara Lind', 'mara.lind@example.org', '+1 555 010 1234', '123-45-6789', '4000000000001234', '1986-04-08',
   'High Street 1', 'Lyon', '69001', 'FR', 'SSN 123-45-6789', true, 1500.50, '{"lang": "fr"}', '2024-03-01 10:00:00+00'),
  (2, 'Otto Berg', 'otto@example.net', null, null, null, null,
   null, 'Graz', null, 'AT', null, false, 0, '{}', '2024-03-02 11:30:00+00');

insert into orders values
  (9007199254740993, 1, 'paid', '2025-01-05 08:00:00+00', '2025-01-07', 99.90, null),
  (2, 1, 'new', '2025-01-06 09:00:00+00', null, 10.00, 'gift'),
  (3, 2, 'returned', '2025-01-07 10:00:00+00', null, 5.25, null);

insert into employees values
  (1, 'Ida', 'Holm', 'ida@example.com', 'finance', 'controller', null, 70000, 'DE00 0000 0000 0000 0000 00', 'x', '2020-01-01');
