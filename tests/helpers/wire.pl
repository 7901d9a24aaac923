#!/usr/bin/perl
# Listens on all interfaces until it is told to end, for frames in which one of the texts stands:
#	wire.pl FILE TEXT...
# FILE is there once it listens; at the end it says how many bytes passed and how many frames had a text.
use strict;
use warnings;

my ($file, @texts) = @ARGV;
my ($AF_PACKET, $SOCK_RAW, $ETH_P_ALL, $SOL_SOCKET, $SO_RCVBUFFORCE) = (17, 3, 3, 1, 33);
socket(my $socket, $AF_PACKET, $SOCK_RAW, unpack('S', pack('n', $ETH_P_ALL))) or die "wire.pl: socket: $!\n";
setsockopt($socket, $SOL_SOCKET, $SO_RCVBUFFORCE, pack('i', 32 << 20));
my ($bytes, $hits) = (0, 0);

sub report {
	my ($text) = @_;
	open my $f, '>', $file or die "wire.pl: $file: $!\n";
	print $f $text;
	close $f or die "wire.pl: $file: $!\n";
}

$SIG{TERM} = sub { report("$bytes\t$hits\n"); exit };
report('');
while (defined recv($socket, my $frame, 1 << 17, 0)) {
	$bytes += length $frame;
	$hits++ if grep { index($frame, $_) >= 0 } @texts;
}
die "wire.pl: recv: $!\n";
