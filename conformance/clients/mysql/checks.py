"""What both Python drivers are asked: they share the DB-API (PEP 249), and `errors` is the driver's own module of errors."""

import datetime
import decimal
import os

login = {
    "host": os.environ["MYSQL_HOST"],
    "port": int(os.environ["MYSQL_TCP_PORT"]),
    "user": os.environ["MYSQL_USER"],
    "password": os.environ["MYSQL_PASSWORD"],
    "database": os.environ["MYSQL_DATABASE"],
}


def check(name, condition, seen=None):
    print(("ok   " if condition else "FAIL ") + name)
    if not condition:
        raise SystemExit(f"  saw {seen!r}")


def run(connection, errors):
    cursor = connection.cursor()

    def all_of(sql, values=None):
        cursor.execute(sql, values)
        return list(cursor.fetchall())

    row = all_of("select name, ssn, email, birth_date from customers where id = 2")[0]
    check("masked rows", row[:3] == ("Chen Mbeki", "***", "c***@example.net") and (row[3].month, row[3].day) == (1, 1), row)

    for number in (2, 3):
        seen = all_of("select ssn from customers where id = %s and city <> %s", (number, "no'where"))
        check(f"a value in the text, {number}", seen == [("***",)], seen)

    seen = all_of(
        "select null, unhex('00ff10'), cast(1.50 as decimal(10, 2)), date'2020-02-29', timestamp'2020-02-29 12:34:56.789',"
        " cast(18446744073709551615 as unsigned), 'Żofia 🙂', time'-12:30:00'"
    )[0]
    expected = (
        None,
        b"\x00\xff\x10",
        decimal.Decimal("1.50"),
        datetime.date(2020, 2, 29),
        datetime.datetime(2020, 2, 29, 12, 34, 56, 789000),
        18446744073709551615,
        "Żofia 🙂",
        -datetime.timedelta(hours=12, minutes=30),
    )
    check("values of all kinds", seen == expected, seen)

    connection.begin()
    cursor.execute("update products set price = price + 1 where id = 1")
    check("a change", cursor.rowcount == 1, cursor.rowcount)
    try:
        cursor.execute("drop table customers")
        check("a denied statement", False, "no error")
    except errors.MySQLError as error:
        check("a denied statement", error.args[0] == 1142 and "DROP TABLE" in error.args[1], error)
    changed = all_of("select price from products where id = 1")
    connection.rollback()
    before = all_of("select price from products where id = 1")
    check("its transaction goes on and is rolled back", changed[0][0] == before[0][0] + 1, (changed, before))
    connection.autocommit(True)

    try:
        cursor.execute("select nothing from customers")
        check("an error of the server", False, "no error")
    except errors.MySQLError as error:
        check("an error of the server", error.args[0] == 1054, error)

    rows = all_of("select a.id, repeat('x', 500) from orders a join orders b join orders c")
    check("a large result", len(rows) == 24**3 and all(len(text) == 500 for _, text in rows), len(rows))

    cursor.execute("select 1; select name, ssn from customers where id = 2; select 3")
    results = [list(cursor.fetchall())]
    while cursor.nextset():
        results.append(list(cursor.fetchall()))
    check("several results", results[:3] == [[(1,)], [("Chen Mbeki", "***")], [(3,)]], results)

    connection.select_db(login["database"])
    check("another database", all_of("select database()") == [(login["database"],)])
    connection.ping()
    check("the session at the end", all_of("select 1") == [(1,)])
    connection.close()
