# Perl's DBD::MariaDB and DBD::mysql through the proxy, the driver being the argument: environment MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_USER,
# MYSQL_PASSWORD, MYSQL_DATABASE. Ends with 1 at the first surprise.
use strict;
use utf8;
use warnings;
use DBI;

my ($driver) = @ARGV;
my $prefix = lc $driver;

sub check {
    my ($name, $condition, $seen) = @_;
    print $condition ? "ok   " : "FAIL ", $name, "\n";
    return if $condition;
    print "  saw ", ref $seen ? DBI::neat_list([map { ref $_ ? @$_ : $_ } @$seen]) : DBI::neat($seen), "\n";
    exit 1;
}

my $address = "dbi:$driver:database=$ENV{MYSQL_DATABASE};host=$ENV{MYSQL_HOST};port=$ENV{MYSQL_TCP_PORT}";
my %options = (RaiseError => 1, PrintError => 0, "${prefix}_multi_statements" => 1);
$options{mysql_enable_utf8mb4} = 1 if $driver eq "mysql";
my $connection = DBI->connect($address, $ENV{MYSQL_USER}, $ENV{MYSQL_PASSWORD}, \%options);

my @row = $connection->selectrow_array("select name, ssn, email, birth_date from customers where id = 2");
check("masked rows", "@row[0 .. 2]" eq 'Chen Mbeki *** c***@example.net' && $row[3] =~ /-01-01$/, \@row);

for my $server (0, 1) {
    my $again = $connection->prepare("select ssn from customers where id = ? and city <> ?", { "${prefix}_server_prepare" => $server });
    for my $id (2 .. 4) {
        $again->execute($id, "no'where");
        my $seen = $again->fetchall_arrayref;
        check("prepared statement, " . ($server ? "of the server's" : "emulated") . ", value $id", @$seen == 1 && $seen->[0][0] eq "***", $seen);
    }
}

@row = $connection->selectrow_array("select ?, hex(?), cast(1.50 as decimal(10, 2)), date'2020-02-29', 'Żofia'", undef, undef, "\x01\x7f");
check("values of all kinds", !defined $row[0] && $row[1] eq "017F" && $row[2] eq "1.50" && $row[3] eq "2020-02-29" && $row[4] eq "Żofia", \@row);

$connection->begin_work;
check("a change", $connection->do("update products set price = price + 1 where id = 1") == 1, $connection->errstr);
eval { $connection->do("drop table customers") };
check("a denied statement", $connection->err == 1142 && $connection->errstr =~ /DROP TABLE.*hint/, $connection->errstr);
my ($one) = $connection->selectrow_array("select 1");
check("a statement after it", $one == 1, $one);
$connection->rollback;
eval { $connection->do("select nothing from customers") };
check("an error of the server", $connection->err == 1054, $connection->errstr);

my @tables = grep { /customers/ } $connection->tables(undef, $ENV{MYSQL_DATABASE}, "customers", "TABLE");
check("names of tables", @tables == 1, \@tables);
my $columns = $connection->column_info(undef, $ENV{MYSQL_DATABASE}, "customers", "%")->fetchall_arrayref({ COLUMN_NAME => 1 });
check("names of columns", scalar(grep { $_->{COLUMN_NAME} eq "ssn" } @$columns) == 1, scalar @$columns);
my @keys = $connection->primary_key(undef, $ENV{MYSQL_DATABASE}, "customers");
check("primary key", "@keys" eq "id", \@keys);

my $large = $connection->selectall_arrayref("select a.id, repeat('x', 500) from orders a join orders b join orders c");
check("a large result", @$large == 24**3, scalar @$large);

my $several = $connection->prepare("select 1; select ssn from customers where id = 2; select 3");
$several->execute;
my @seen = ($several->fetchrow_array);
push @seen, $several->fetchrow_array while $several->more_results;
check("several results", "@seen" eq "1 *** 3", \@seen);
check("the session at the end", $connection->ping, $connection->errstr);
$connection->disconnect;
