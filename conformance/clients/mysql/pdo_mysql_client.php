<?php
/** PHP's PDO through the proxy: environment MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DATABASE. Ends with 1 at the first surprise. */
declare(strict_types=1);
require __DIR__ . "/checks.php";

[$host, $port, $user, $password, $database] = login();
$connection = new PDO("mysql:host=$host;port=$port;dbname=$database;charset=utf8mb4", $user, $password, [
    PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
    PDO::ATTR_PERSISTENT => true,
]);

$row = $connection->query("select name, ssn, email, birth_date from customers where id = 2")->fetch(PDO::FETCH_NUM);
check("masked rows", array_slice($row, 0, 3) === ["Chen Mbeki", "***", "c***@example.net"] && str_ends_with($row[3], "-01-01"), $row);

foreach ([false, true] as $emulated) {
    $connection->setAttribute(PDO::ATTR_EMULATE_PREPARES, $emulated);
    $statement = $connection->prepare("select ssn from customers where id = :id and city <> :city");
    foreach ([2, 3] as $id) {
        $statement->execute(["id" => $id, "city" => "no'where"]);
        $seen = $statement->fetchAll(PDO::FETCH_COLUMN);
        check("prepared statement, " . ($emulated ? "emulated" : "of the server's") . ", value $id", $seen === ["***"], $seen);
    }
    $values = $connection->prepare("select :null, unhex('00ff10'), cast(1.50 as decimal(10, 2)), date'2020-02-29'");
    $values->execute(["null" => null]);
    $seen = $values->fetch(PDO::FETCH_NUM);
    check("values of all kinds", $seen === [null, "\x00\xff\x10", "1.50", "2020-02-29"], $seen);
    $values->closeCursor();
}

$connection->beginTransaction();
check("a change", $connection->exec("update products set price = price + 1 where id = 1") === 1, null);
[$code, $message] = failure(fn() => $connection->exec("drop table customers"));
check("a denied statement", $code === 1142 && str_contains($message, "DROP TABLE") && str_contains($message, "hint"), $message);
check("its transaction goes on", $connection->inTransaction(), null);
$connection->rollBack();
[$code] = failure(fn() => $connection->query("select nothing from customers"));
check("an error of the server", $code === 1054, $code);

$connection->setAttribute(PDO::MYSQL_ATTR_USE_BUFFERED_QUERY, false);
$rows = $connection->query("select a.id, repeat('x', 500) from orders a join orders b join orders c");
$count = 0;
while ($rows->fetch() !== false) {
    $count++;
}
check("a large result, row by row", $count === 24 ** 3, $count);
$rows->closeCursor();
$connection->setAttribute(PDO::MYSQL_ATTR_USE_BUFFERED_QUERY, true);

$results = $connection->query("select 1; select ssn from customers where id = 2; select 3");
$seen = [];
do {
    $seen[] = $results->fetchColumn();
} while ($results->nextRowset());
check("several results", $seen == [1, "***", 3], $seen);
