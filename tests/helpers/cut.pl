#!/usr/bin/perl
# cut.pl PORT TO BYTES [AWAY]: a link that breaks. Connections to PORT of 127.0.0.1 go on to port TO there; each
# is cut when so many bytes have come back. With AWAY, connections are refused for so many seconds after the first
# cut.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($port, $to, $bytes, $away) = @ARGV;
$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';

sub relay {
	my ($near) = @_;
	my $far = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$to") or return 0;
	my $both = IO::Select->new($near, $far);
	my $left = $bytes;
	while (1) {
		for my $from ($both->can_read) {
			my $other = $from == $near ? $far : $near;
			my $n = sysread $from, my $data, 65536;
			return 0 if !$n;
			if ($from == $far && ($left -= $n) <= 0) { return 1 }
			while (length $data) {
				my $w = syswrite $other, $data;
				return 0 if !$w;
				substr $data, 0, $w, '';
			}
		}
	}
}

sub listening {
	return IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port", Listen => 16, ReuseAddr => 1) || die "$port: $!\n";
}

my $server = listening();
pipe my $told, my $tell;
while (1) {
	for my $ready (IO::Select->new($server, $told)->can_read) {
		if ($ready == $told) {
			sysread $told, my $one, 1;
			next if !$away;
			close $server;
			sleep $away;
			$away = 0;
			$server = listening();
			next;
		}
		my $near = $server->accept or next;
		if (!fork) {
			close $server;
			my $cut = relay($near);
			syswrite $tell, 'x' if $cut;
			exit;
		}
		close $near;
	}
}
