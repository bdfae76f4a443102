# Ruby's pg through the proxy: environment PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD. Ends with 1 at the first surprise.
require "pg"

def check(name, condition, seen)
  puts((condition ? "ok   " : "FAIL ") + name)
  abort "  saw #{seen.inspect}" unless condition
end

# The error of that class that the block raises.
def failure(kind)
  yield
  nil
rescue kind => error
  error
end

connection = PG.connect(sslmode: "disable")

row = connection.exec("select name, ssn, email, birth_date from customers where id = 2").values.first
check("masked rows", row[0..2] == ["Chen Mbeki", "***", "c***@example.net"] && row[3].end_with?("-01-01"), row)

seen = connection.exec_params("select ssn from customers where id = $1", [2], 1).values
check("masked rows, binary", seen == [["***"]], seen)

connection.prepare("again", "select ssn from customers where id = $1 and city <> $2")
[2, 3].each do |id|
  seen = connection.exec_prepared("again", [id, "nowhere"]).values
  check("prepared statement, value #{id}", seen == [["***"]], seen)
end

connection.exec("begin")
check("an error in a transaction", failure(PG::DivisionByZero) { connection.exec("select 1 / 0") }, nil)
check("a failed transaction", failure(PG::InFailedSqlTransaction) { connection.exec("select 1") }, nil)
connection.exec("rollback")

error = failure(PG::InsufficientPrivilege) { connection.exec("drop table customers") }
hint = error&.result&.error_field(PG::Result::PG_DIAG_MESSAGE_HINT)
check("a denied statement", error.to_s.include?("DROP TABLE") && hint, error)
seen = connection.exec("select 1").getvalue(0, 0)
check("a statement after it", seen == "1", seen)

connection.send_query("select name, ssn from customers order by id")
connection.set_single_row_mode
rows = connection.get_result.stream_each_row.to_a
connection.get_last_result
check("row by row", rows.size == 16 && rows.map(&:last).uniq == ["***"], rows)

lines = []
connection.copy_data("copy (select name, ssn from customers order by id) to stdout") do
  while (line = connection.get_copy_data)
    lines << line
  end
end
check("COPY TO", lines.size == 16 && lines[1] == "Chen Mbeki\t***\n", lines)
connection.exec("create temp table scratch (a int, b text)")
connection.copy_data("copy scratch from stdin") { ["1\tone\n", "2\ttwo\n"].each { |data| connection.put_copy_data(data) } }
seen = connection.exec("select count(*) from scratch").getvalue(0, 0)
check("COPY FROM", seen == "2", seen)

connection.enter_pipeline_mode
[2, 3].each { |id| connection.send_query_params("select ssn from customers where id = $1", [id]) }
connection.pipeline_sync
seen = Array.new(2) do
  value = connection.get_result.getvalue(0, 0)
  connection.get_result
  value
end
connection.get_result
connection.exit_pipeline_mode
check("a pipeline", seen == ["***", "***"], seen)

connection.send_query("select pg_sleep(20)")
sleep 0.3
connection.cancel
check("cancel", failure(PG::QueryCanceled) { connection.get_last_result }, nil)
connection.close
