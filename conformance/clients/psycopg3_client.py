"""psycopg 3 through the proxy: environment PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD. Ends with 1 at the first surprise."""

import threading

import psycopg


def check(name, condition, seen):
    print(("ok   " if condition else "FAIL ") + name)
    if not condition:
        raise SystemExit(f"  saw {seen!r}")


connection = psycopg.connect("sslmode=disable", autocommit=True)

for binary in (False, True):
    cursor = connection.cursor(binary=binary)
    kind = "binary" if binary else "text"
    cursor.execute("select name, ssn, email, birth_date from customers where id = %s", (2,))
    row = cursor.fetchone()
    is_masked = row[:3] == ("Chen Mbeki", "***", "c***@example.net") and (row[3].month, row[3].day) == (1, 1)
    check(f"masked rows, {kind}", is_masked, row)

for number in range(2, 9):
    # From the fifth execution on under a name of the server's.
    seen = connection.execute("select ssn from customers where id = %s", (number,)).fetchall()
    check(f"prepared statement, value {number}", seen == [("***",)], seen)

seen = connection.execute("select count(*) from customers where id = any(%s) and name = %s", ([1, 2, 3], "Chen Mbeki")).fetchone()
check("parameters", seen == (1,), seen)

try:
    with connection.transaction():
        connection.execute("select 1 / 0")
    check("a failed transaction", False, "no error")
except psycopg.errors.DivisionByZero:
    seen = connection.execute("select 1").fetchone()
    check("a failed transaction", seen == (1,), seen)

with connection.transaction():
    try:
        with connection.transaction():
            connection.execute("drop table customers")
        check("a denied statement", False, "no error")
    except psycopg.errors.InsufficientPrivilege as error:
        check("a denied statement", "DROP TABLE" in str(error) and error.diag.message_hint, str(error))
    seen = connection.execute("select 1").fetchone()
    check("a statement after it, by savepoint", seen == (1,), seen)

with connection.transaction(), connection.cursor(name="server_side") as named:
    named.itersize = 3
    rows = list(named.execute("select name, ssn from customers order by id"))
    check("a server-side cursor", len(rows) == 16 and {value for _, value in rows} == {"***"}, rows)

with connection.cursor() as cursor:
    with cursor.copy("copy (select name, ssn from customers order by id) to stdout") as copy:
        rows = list(copy.rows())
    check("COPY TO", rows[1] == ("Chen Mbeki", "***"), rows[:2])
    cursor.execute("create temp table scratch (a int, b text)")
    with cursor.copy("copy scratch from stdin") as copy:
        for row in ((1, "one"), (2, "two")):
            copy.write_row(row)
    cursor.executemany("insert into scratch values (%s, %s)", [(n, str(n)) for n in range(100)])
    seen = cursor.execute("select count(*) from scratch").fetchone()
    check("COPY FROM and many rows at once", seen == (102,), seen)

with connection.pipeline():
    cursors = [connection.execute("select ssn from customers where id = %s", (number,)) for number in (2, 3, 4)]
    seen = [cursor.fetchone() for cursor in cursors]
check("a pipeline", seen == [("***",)] * 3, seen)

threading.Timer(0.3, connection.cancel).start()
try:
    connection.execute("select pg_sleep(20)")
    check("cancel", False, "no error")
except psycopg.errors.QueryCanceled:
    check("cancel", True, None)
connection.close()
