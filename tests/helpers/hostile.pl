#!/usr/bin/perl
# Sends hostile requests over plain TCP, a connection for each, and prints all that comes back.
#	hostile.pl ADDRESS PORT COUNT ID OWN...
# ID is that of a job; OWN are addresses to send from in turn. What is sent is the same in each run.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($address, $port, $count, $id, @own) = @ARGV;
srand 7;
sub pick { $_[rand @_] }
sub bytes { join '', map { chr int rand 256 } 1 .. rand $_[0] }
sub hex_digits { join '', map { sprintf '%x', rand 16 } 1 .. $_[0] }

my @paths = (
	'/', '/boot', '/boot.ipxe', '/ticket', '/agent/../jobs', "/agent/%2e%2e/jobs/$id/job.json", "/jobs/$id/job.json",
	'/images/data', '/tls/key.pem', '/agent/..%2f..%2fetc/passwd', '//etc/passwd', '/ipxe/../../../etc/passwd',
	'/ipxe/snponly.efi/../../boot', '/v1/job', '/v1/data', '/v1/map', '/v1/custom', '/v1/file/' . 'a' x 64, '/v1/ticket',
	'/%00', '/boot%00.ipxe', '/run/leases', '/agent/', '/agent/vmlinuz%00../tls/key.pem', '*', 'http://x/v1/data',
	'/' . 'a' x 9000, "/boot?mac=52:54:00:77:00:01&uuid=$id", '/boot?mac=%0a%1b[2J&uuid=%n%s&serial=' . 'x' x 3000,
	'/boot?mac=52:54:00:77:00:99&uuid=00000000-0000-4000-8000-000000000099', '/boot?' . '&' x 500);
my @methods = qw(GET GET GET POST PUT DELETE HEAD OPTIONS TRACE CONNECT get PROPFIND);
my @headers = (
	"Authorization: Bearer $id" . hex_digits(64), 'Authorization: Bearer', "Authorization: Basic $id", 'Range: bytes=0-',
	'Range: bytes=-1', 'Range: bytes=9999999999999999999999-', 'Range: bytes=5-2', 'Content-Length: 99999999999', 'Content-Length: -1',
	'Transfer-Encoding: chunked', 'Content-Length: 5', "X: \x00\xff", 'Connection: close', 'Expect: 100-continue', 'A: ' . 'b' x 5000,
	'Host:', "Folded: a\r\n b", 'Upgrade: h2c', ': nothing');
my @bodies = (
	'', "mac=52:54:00:77:00:01&uuid=$id", "mac=52:54:00:77:00:01&uuid=00000000-0000-4000-8000-000000000001&serial=", 'mac=%zz&uuid=%',
	'{"token":"' . $id . hex_digits(64) . '"}', '[' x 2000, "ffffffff\r\nx", "0\r\n\r\n", 'x' x 20000, '{"token":1}');

sub request {
	return bytes(300) if rand() < 0.1;
	my $method = pick(@methods);
	my $text = "$method " . pick(@paths) . ' ' . pick('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/9', '', "HTTP/1.1 x") . "\r\n";
	$text .= "Host: $address\r\n" if rand() < 0.8;
	$text .= pick(@headers) . "\r\n" for 1 .. rand 4;
	my $body = pick(@bodies);
	$text .= 'Content-Length: ' . length($body) . "\r\n" if $method eq 'POST' && rand() < 0.8;
	$text .= "\r\n$body";
	substr($text, rand length $text, 1) = bytes(4) if rand() < 0.2;
	return $text;
}

# Some at a time from each, fewer than an address may have connections. One that makes the server wait for more is given up.
my ($BATCH, $SILENCE) = (25, 0.04);
$SIG{PIPE} = 'IGNORE';
binmode STDOUT;
while ($count > 0) {
	my $open = IO::Select->new;
	for (1 .. $BATCH * @own) {
		push @own, shift @own;
		my $s = IO::Socket::INET->new(LocalAddr => $own[0], PeerAddr => $address, PeerPort => $port, Timeout => 5) or die "no connection: $!\n";
		$s->syswrite(request());
		$open->add($s);
		$count--;
	}
	while (my @ready = $open->can_read($SILENCE)) {
		for my $s (@ready) {
			if ($s->sysread(my $got, 65536)) { print $got } else { $open->remove($s) }
		}
	}
	print "\n";
}
