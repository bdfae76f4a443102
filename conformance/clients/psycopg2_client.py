"""psycopg2 through the proxy: environment PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD. Ends with 1 at the first surprise."""

import io
import threading

import psycopg2
import psycopg2.extras


def check(name, condition, seen):
    print(("ok   " if condition else "FAIL ") + name)
    if not condition:
        raise SystemExit(f"  saw {seen!r}")


connection = psycopg2.connect("", sslmode="disable")
connection.autocommit = True
cursor = connection.cursor()

cursor.execute("select name, ssn, email, birth_date from customers where id = 2")
row = cursor.fetchone()
check("masked rows", row[:3] == ("Chen Mbeki", "***", "c***@example.net") and (row[3].month, row[3].day) == (1, 1), row)

cursor.execute("prepare again (int) as select ssn from customers where id = $1")
for number in (2, 3):
    cursor.execute("execute again (%s)", (number,))
    seen = cursor.fetchall()
    check(f"prepared statement, value {number}", seen == [("***",)], seen)

cursor.execute("select count(*) from customers where id = any(%s) and name = %s", ([1, 2, 3], "Chen Mbeki"))
check("parameters", cursor.fetchone() == (1,), None)

connection.autocommit = False
try:
    cursor.execute("select 1 / 0")
except psycopg2.errors.DivisionByZero:
    pass
try:
    cursor.execute("select 1")
    check("a failed transaction", False, "no error")
except psycopg2.errors.InFailedSqlTransaction:
    check("a failed transaction", True, None)
connection.rollback()

try:
    cursor.execute("drop table customers")
    check("a denied statement", False, "no error")
except psycopg2.errors.InsufficientPrivilege as error:
    check("a denied statement", "DROP TABLE" in str(error) and error.diag.message_hint != "", str(error))
connection.rollback()
cursor.execute("select 1")
check("a statement after it", cursor.fetchone() == (1,), None)

named = connection.cursor(name="server_side")
named.itersize = 3
named.execute("select name, ssn from customers order by id")
rows = named.fetchall()
check("a server-side cursor", len(rows) == 16 and {value for _, value in rows} == {"***"}, rows)
named.close()

out = io.StringIO()
cursor.copy_expert("copy customers (name, ssn) to stdout with csv", out)
check("COPY TO", "Chen Mbeki,***" in out.getvalue(), out.getvalue()[:80])
cursor.execute("create temp table scratch (a int, b text)")
cursor.copy_expert("copy scratch from stdin with csv", io.StringIO("1,one\n2,two\n"))
cursor.execute("select * from scratch order by a")
seen = cursor.fetchall()
check("COPY FROM", seen == [(1, "one"), (2, "two")], seen)
psycopg2.extras.execute_values(cursor, "insert into scratch values %s", [(n, str(n)) for n in range(100)])
cursor.execute("select count(*) from scratch")
check("many rows at once", cursor.fetchone() == (102,), None)
connection.rollback()

threading.Timer(0.3, connection.cancel).start()
try:
    cursor.execute("select pg_sleep(20)")
    check("cancel", False, "no error")
except psycopg2.errors.QueryCanceled:
    check("cancel", True, None)
connection.rollback()
connection.close()
