<?php
declare(strict_types=1);

function check(string $name, bool $condition, mixed $seen): void
{
    echo $condition ? "ok   " : "FAIL ", $name, "\n";
    if (!$condition) {
        echo "  saw ", var_export($seen, true), "\n";
        exit(1);
    }
}

/** Host, port, user, password and database. */
function login(): array
{
    $value = fn(string $name): string => (string) getenv("MYSQL_$name");
    return [$value("HOST"), (int) $value("TCP_PORT"), $value("USER"), $value("PASSWORD"), $value("DATABASE")];
}

/** The server's number and message of what the action throws. */
function failure(callable $action): array
{
    try {
        $action();
    } catch (mysqli_sql_exception $error) {
        return [$error->getCode(), $error->getMessage()];
    } catch (PDOException $error) {
        return [$error->errorInfo[1], $error->getMessage()];
    }
    return [0, "no error"];
}
