"""PyMySQL through the proxy: environment MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DATABASE. Ends with 1 at the first surprise."""

import pymysql
from pymysql.constants import CLIENT

import checks

connection = pymysql.connect(**checks.login, charset="utf8mb4", client_flag=CLIENT.MULTI_STATEMENTS, autocommit=True)

with connection.cursor(pymysql.cursors.SSCursor) as cursor:
    cursor.execute("select name, ssn from customers order by id")
    rows = list(cursor)
    checks.check("row by row", len(rows) == 16 and {ssn for _, ssn in rows} == {"***"}, rows)

checks.run(connection, pymysql.err)
