"""mysqlclient through the proxy: environment MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DATABASE. Ends with 1 at the first surprise."""

import MySQLdb
import MySQLdb.cursors
from MySQLdb.constants import CLIENT

import checks

connection = MySQLdb.connect(**checks.login, charset="utf8mb4", client_flag=CLIENT.MULTI_STATEMENTS, autocommit=True)

cursor = MySQLdb.cursors.SSCursor(connection)
cursor.execute("select name, ssn from customers order by id")
rows = cursor.fetchall()
cursor.close()
checks.check("row by row", len(rows) == 16 and {ssn for _, ssn in rows} == {"***"}, rows)

checks.run(connection, MySQLdb)
