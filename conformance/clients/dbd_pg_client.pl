# Perl's DBD::Pg through the proxy: environment PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD. Ends with 1 at the first surprise.
use strict;
use warnings;
use DBI;
use DBD::Pg qw(:async);

sub check {
    my ($name, $condition, $seen) = @_;
    print $condition ? "ok   " : "FAIL ", $name, "\n";
    return if $condition;
    print "  saw ", ref $seen ? DBI::neat_list([map { ref $_ ? @$_ : $_ } @$seen]) : DBI::neat($seen), "\n";
    exit 1;
}

my $connection = DBI->connect("dbi:Pg:sslmode=disable", undef, undef, { RaiseError => 1, PrintError => 0, PrintWarn => 0 });

my @row = $connection->selectrow_array("select name, ssn, email, birth_date from customers where id = 2");
check("masked rows", "@row[0 .. 2]" eq 'Chen Mbeki *** c***@example.net' && $row[3] =~ /-01-01$/, \@row);

my $again = $connection->prepare("select ssn from customers where id = ? and city <> ?");
for my $id (2 .. 4) {
    $again->execute($id, "nowhere");
    my $seen = $again->fetchall_arrayref;
    check("prepared statement, value $id", @$seen == 1 && $seen->[0][0] eq "***", $seen);
}

my ($count) = $connection->selectrow_array("select count(*) from customers where id = any(?)", undef, [1, 2, 3]);
check("an array as parameter", $count == 3, $count);

$connection->begin_work;
eval { $connection->do("select 1 / 0") };
check("an error in a transaction", $connection->state eq "22012", $connection->state);
eval { $connection->do("select 1") };
check("a failed transaction", $connection->state eq "25P02", $connection->state);
$connection->rollback;

eval { $connection->do("drop table customers") };
check("a denied statement", $connection->state eq "42501" && $connection->errstr =~ /DROP TABLE/, $connection->errstr);
my ($one) = $connection->selectrow_array("select 1");
check("a statement after it", $one == 1, $one);

my @tables = $connection->tables(undef, "public", "customers", "TABLE");
check("names of tables", scalar(@tables) == 1, \@tables);
my $columns = $connection->column_info(undef, "public", "customers", "%")->fetchall_arrayref({ COLUMN_NAME => 1 });
check("names of columns", scalar(grep { $_->{COLUMN_NAME} eq "ssn" } @$columns) == 1, scalar @$columns);

$connection->do("copy (select name, ssn from customers order by id) to stdout");
my ($line, @lines) = ("");
while ($connection->pg_getcopydata($line) >= 0) { push @lines, $line }
check("COPY TO", @lines == 16 && $lines[1] eq "Chen Mbeki\t***\n", \@lines);
$connection->do("create temp table scratch (a int, b text)");
$connection->do("copy scratch from stdin");
$connection->pg_putcopydata($_) for "1\tone\n", "2\ttwo\n";
$connection->pg_putcopyend;
($count) = $connection->selectrow_array("select count(*) from scratch");
check("COPY FROM", $count == 2, $count);

my $slow = $connection->prepare("select pg_sleep(20)", { pg_async => PG_ASYNC });
$slow->execute;
select undef, undef, undef, 0.3;
$connection->pg_cancel;
($one) = $connection->selectrow_array("select 1");
check("cancel", $one == 1, $one);
$connection->disconnect;
