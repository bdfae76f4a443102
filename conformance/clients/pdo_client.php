<?php
/** PHP's PDO through the proxy: environment PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD. Ends with 1 at the first surprise. */
declare(strict_types=1);

function check(string $name, bool $condition, mixed $seen): void
{
    echo $condition ? "ok   " : "FAIL ", $name, "\n";
    if (!$condition) {
        echo "  saw ", var_export($seen, true), "\n";
        exit(1);
    }
}

/** The SQLSTATE and message of what the action throws. */
function failure(callable $action): array
{
    try {
        $action();
    } catch (PDOException $error) {
        return [(string) $error->getCode(), $error->getMessage()];
    }
    return ["00000", "no error"];
}

$address = sprintf("pgsql:host=%s;port=%s;dbname=%s;sslmode=disable", getenv("PGHOST"), getenv("PGPORT"), getenv("PGDATABASE"));
$connection = new PDO($address, getenv("PGUSER"), getenv("PGPASSWORD"), [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);

$row = $connection->query("select name, ssn, email, birth_date from customers where id = 2")->fetch(PDO::FETCH_NUM);
check("masked rows", array_slice($row, 0, 3) === ["Chen Mbeki", "***", "c***@example.net"] && str_ends_with($row[3], "-01-01"), $row);

foreach ([false, true] as $emulated) {
    $connection->setAttribute(PDO::ATTR_EMULATE_PREPARES, $emulated);
    $statement = $connection->prepare("select ssn from customers where id = :id and city <> :city");
    foreach ([2, 3] as $id) {
        $statement->execute(["id" => $id, "city" => "nowhere"]);
        $seen = $statement->fetchAll(PDO::FETCH_COLUMN);
        check("prepared statement, " . ($emulated ? "emulated" : "of the server's") . ", value $id", $seen === ["***"], $seen);
    }
}

$connection->beginTransaction();
check("an error in a transaction", failure(fn() => $connection->query("select 1 / 0"))[0] === "22012", null);
check("a failed transaction", failure(fn() => $connection->query("select 1"))[0] === "25P02", null);
$connection->rollBack();

[$sqlstate, $message] = failure(fn() => $connection->exec("drop table customers"));
check("a denied statement", $sqlstate === "42501" && str_contains($message, "DROP TABLE") && str_contains($message, "HINT"), $message);
$seen = $connection->query("select 1")->fetchColumn();
check("a statement after it", (int) $seen === 1, $seen);

$connection->beginTransaction();
$cursor = $connection->prepare("select name, ssn from customers order by id", [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
$cursor->execute();
$seen = $cursor->fetchAll(PDO::FETCH_NUM);
check("a scrolling cursor", count($seen) === 16 && array_unique(array_column($seen, 1)) === ["***"], $seen);
$cursor->closeCursor();

$seen = $connection->pgsqlCopyToArray("customers");
check("COPY TO", count($seen) === 16 && str_contains($seen[1], "Chen Mbeki\t"), $seen);
$connection->exec("create temp table scratch (a int, b text)");
$connection->pgsqlCopyFromArray("scratch", ["1\tone", "2\ttwo"]);
$seen = $connection->query("select count(*) from scratch")->fetchColumn();
check("COPY FROM", (int) $seen === 2, $seen);
$connection->rollBack();
