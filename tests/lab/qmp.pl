#!/usr/bin/perl
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tells a QEMU what to do and waits until it has: qmp.pl SOCKET WORD...
# A WORD is a command in JSON, or wait:EVENT. Prints what each command returns, a line each; ends with
# status 1 at the first that fails, or after 5 seconds.
use strict;
use warnings;
use IO::Socket::UNIX;
use JSON::PP;

my ($path, @words) = @ARGV;
my $json = JSON::PP->new->canonical;
my %seen;
$SIG{ALRM} = sub { die "no answer\n" };
alarm 5 * ($ENV{VMM_LAB_PATIENCE} // 1);

my $socket = IO::Socket::UNIX->new(Peer => $path) or die "cannot connect to '$path': $!\n";
$socket->autoflush(1);

# Events come at any time, also before the answer to what caused them.
sub next_message {
	my $line = <$socket> // die "it has hung up\n";
	my $message = $json->decode($line);
	$seen{$message->{event}} = 1 if $message->{event};
	return $message;
}

sub command {
	print $socket "$_[0]\n";
	while (1) {
		my $message = next_message();
		die $json->encode($message->{error}), "\n" if $message->{error};
		return $message->{return} if exists $message->{return};
	}
}

next_message();
command('{"execute": "qmp_capabilities"}');
for my $word (@words) {
	if ($word =~ /^wait:(\w+)$/) {
		next_message() until $seen{$1};
	} else {
		print $json->encode(command($word)), "\n";
	}
}
