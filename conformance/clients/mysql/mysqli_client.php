<?php
/** PHP's mysqli through the proxy: environment MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DATABASE. Ends with 1 at the first surprise. */
declare(strict_types=1);
require __DIR__ . "/checks.php";

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
[$host, $port, $user, $password, $database] = login();
// A connection that is kept is given to the next one by COM_CHANGE_USER.
$connection = new mysqli("p:$host", $user, $password, $database, $port);
$connection->set_charset("utf8mb4");

$row = $connection->query("select name, ssn, email, birth_date from customers where id = 2")->fetch_row();
check("masked rows", array_slice($row, 0, 3) === ["Chen Mbeki", "***", "c***@example.net"] && str_ends_with($row[3], "-01-01"), $row);

$statement = $connection->prepare("select ssn from customers where id = ? and city <> ?");
foreach ([2, 3] as $id) {
    $city = "nowhere";
    $statement->bind_param("is", $id, $city);
    $statement->execute();
    $seen = $statement->get_result()->fetch_all();
    check("prepared statement, value $id", $seen === [["***"]], $seen);
}
$statement->close();

$values = $connection->prepare("select ?, ?, ?, unhex('00ff10'), cast(1.50 as decimal(10, 2)), date'2020-02-29', time'-12:30:00'");
[$null, $number, $text] = [null, 1.5, "Żofia 🙂"];
$values->bind_param("sds", $null, $number, $text);
$values->execute();
$seen = $values->get_result()->fetch_row();
check("values of all kinds", $seen === [null, 1.5, "Żofia 🙂", "\x00\xff\x10", "1.50", "2020-02-29", "-12:30:00"], $seen);

$long = $connection->prepare("select length(?)");
$blob = null;
$long->bind_param("b", $blob);
$long->send_long_data(0, str_repeat("a", 70000));
$long->send_long_data(0, str_repeat("b", 70000));
$long->execute();
$seen = $long->get_result()->fetch_row();
check("a long value in parts", $seen === [140000], $seen);

$connection->begin_transaction();
$before = $connection->query("select price from products where id = 1")->fetch_column();
$connection->query("update products set price = price + 1 where id = 1");
check("a change", $connection->affected_rows === 1, $connection->affected_rows);
[$code, $message] = failure(fn() => $connection->query("drop table customers"));
check("a denied statement", $code === 1142 && str_contains($message, "DROP TABLE") && str_contains($message, "hint"), $message);
[$code, $message] = failure(fn() => $connection->prepare("drop table customers"));
check("a denied prepared statement", $code === 1142, $message);
$seen = $connection->query("select price from products where id = 1")->fetch_column();
check("its transaction goes on", (float) $seen === $before + 1, $seen);
$connection->rollback();
$seen = $connection->query("select price from products where id = 1")->fetch_column();
check("a transaction rolled back", $seen === $before, $seen);

$cursor = $connection->prepare("select name, ssn from customers order by id");
$cursor->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, MYSQLI_CURSOR_TYPE_READ_ONLY);
$cursor->execute();
$cursor->bind_result($name, $ssn);
$seen = [];
while ($cursor->fetch()) {
    $seen[] = $ssn;
}
check("a cursor of the server's", count($seen) === 16 && array_unique($seen) === ["***"], $seen);
$cursor->close();

$rows = $connection->query("select a.id, repeat('x', 500) from orders a join orders b join orders c", MYSQLI_USE_RESULT);
$count = 0;
while ($rows->fetch_row() !== null) {
    $count++;
}
check("a large result, row by row", $count === 24 ** 3, $count);
$rows->free();

$connection->multi_query("select 1; select ssn from customers where id = 2; select 3");
$seen = [];
do {
    $seen[] = $connection->store_result()->fetch_column();
} while ($connection->next_result());
check("several results", $seen == [1, "***", 3], $seen);

$connection->close();
$again = new mysqli("p:$host", $user, $password, $database, $port);
$seen = $again->query("select ssn from customers where id = 2")->fetch_column();
check("a connection that was kept", $seen === "***", $seen);
check("another user", $again->change_user($user, $password, $database), $again->error);
$seen = $again->query("select ssn from customers where id = 2")->fetch_column();
check("a statement after it", $seen === "***", $seen);
