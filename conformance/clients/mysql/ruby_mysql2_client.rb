# Ruby's mysql2 through the proxy: environment MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DATABASE. Ends with 1 at the first surprise.
require "mysql2"

def check(name, condition, seen)
  puts((condition ? "ok   " : "FAIL ") + name)
  abort "  saw #{seen.inspect}" unless condition
end

# The error that the block raises.
def failure
  yield
  nil
rescue Mysql2::Error => error
  error
end

connection = Mysql2::Client.new(
  host: ENV["MYSQL_HOST"], port: ENV["MYSQL_TCP_PORT"].to_i, username: ENV["MYSQL_USER"], password: ENV["MYSQL_PASSWORD"],
  database: ENV["MYSQL_DATABASE"], encoding: "utf8mb4", flags: Mysql2::Client::MULTI_STATEMENTS, as: :array
)

row = connection.query("select name, ssn, email, birth_date from customers where id = 2").first
check("masked rows", row[0..2] == ["Chen Mbeki", "***", "c***@example.net"] && row[3].yday == 1, row)

again = connection.prepare("select ssn from customers where id = ? and city <> ?")
[2, 3].each do |id|
  seen = again.execute(id, "nowhere").to_a
  check("prepared statement, value #{id}", seen == [["***"]], seen)
end
again.close

# What is not closed is closed by the garbage collector, within the next result.
values = connection.prepare("select ?, ?, hex(?), cast(1.50 as decimal(10, 2)), date'2020-02-29'")
row = values.execute(nil, "Żofia 🙂", "\x01\x7f").first
values.close
check("values of all kinds", row == [nil, "Żofia 🙂", "017F", BigDecimal("1.5"), Date.new(2020, 2, 29)], row)

connection.query("begin")
connection.query("update products set price = price + 1 where id = 1")
check("a change", connection.affected_rows == 1, connection.affected_rows)
error = failure { connection.query("drop table customers") }
check("a denied statement", error&.error_number == 1142 && error.message.include?("DROP TABLE"), error)
seen = connection.query("select 1").to_a
check("a statement after it", seen == [[1]], seen)
connection.query("rollback")
error = failure { connection.query("select nothing from customers") }
check("an error of the server", error&.error_number == 1054, error)

count = 0
connection.query("select a.id, repeat('x', 500) from orders a join orders b join orders c", stream: true, cache_rows: false).each { count += 1 }
check("a large result, row by row", count == 24**3, count)

results = [connection.query("select 1; select ssn from customers where id = 2; select 3").to_a]
results << connection.store_result.to_a while connection.next_result
check("several results", results == [[[1]], [["***"]], [[3]]], results)
connection.select_db(ENV["MYSQL_DATABASE"])
check("the session at the end", connection.ping, nil)
connection.close
