#!/usr/bin/perl
# What the tests do with names of VMs (tests/corpus), each written here a second time and from the
# documentation alone: escapes, percent-encoding, what a selector means, CSV.
#
#	names.pl null <ROWS	the first column of TSV rows with a header, NUL-separated, unescaped
#	names.pl cells		NUL-separated names as sorted TSV cells, a line each
#	names.pl decode		lines as a terminal shows them, NUL-separated
#	names.pl patterns	NUL-separated names as shell patterns
#	names.pl csv		CSV rows of one column, without header, NUL-separated
#	names.pl visible	what a terminal would not show as it is; nothing if all is well
#	names.pl definitions TYPE FOLDER	domain XML of each name, FOLDER/N.xml with uuid N
#	names.pl hosts FOLDER COUNT	files for libvirt's test driver, FOLDER/nK.xml, COUNT VMs each
#	names.pl outcome VMS	for NUL-separated selectors and the rows "host name uuid" in the file
#				VMS: "uuid done", or "- refused" where several are meant, sorted
use strict;
use warnings;

binmode $_ for *STDIN, *STDOUT;

sub unescape { my ($s) = @_; $s =~ s/\\(.)/{ t => "\t", n => "\n", r => "\r", '\\' => '\\' }->{$1}/ge; $s }
sub escape { my ($s) = @_; $s =~ s/([\t\n\r\\])/{ "\t" => '\\t', "\n" => '\\n', "\r" => '\\r', '\\' => '\\\\' }->{$1}/ge; $s }

sub decode {
	my ($s) = @_;
	return undef if $s =~ /%(?![0-9a-f]{2})/i || $s =~ /%00/;
	$s =~ s/%([0-9a-f]{2})/chr hex $1/gie;
	return $s;
}

# Rows without their header, taken apart.
sub rows { my ($file) = @_; my @rows = map { chomp; [map { unescape($_) } split /\t/, $_, -1] } <$file>; shift @rows; @rows }
sub names { local $/ = "\0"; map { chomp; $_ } <STDIN> }
sub uuid { sprintf '00000000-0000-4000-8000-%012x', shift }

sub definition {
	my ($type, $n, $name) = @_;
	$name =~ s/([&<>"'\t\n\r])/sprintf '&#%d;', ord $1/ge;
	return "<domain type='$type'><name>$name</name><uuid>" . uuid($n) . "</uuid><memory unit='MiB'>8</memory>" .
		"<os><type arch='x86_64'>hvm</type></os></domain>\n";
}

sub write_file { my ($file, @text) = @_; open my $f, '>:raw', $file or die "$file: $!\n"; print $f @text; close $f or die "$file: $!\n" }

my %command = (
	null => sub { print map { "$_->[0]\0" } rows(*STDIN) },
	cells => sub { print sort map { escape($_) . "\n" } names() },
	decode => sub { while (<STDIN>) { s/\r?\n\z//; print decode($_) // "UNDECODABLE $_", "\0" } },
	patterns => sub { print map { s/([*?\[\\])/\\$1/gr . "\0" } names() },
	csv => sub {
		local $/;
		my $text = <STDIN>;
		while ($text =~ /\G(?:"((?:[^"]|"")*)"|([^,"\n]*))\n/gc) { print((defined $1 ? $1 =~ s/""/"/gr : $2) . "\0") }
		print 'BROKEN: ' . substr($text, pos($text) // 0) . "\0" if (pos($text) // 0) != length $text;
	},
	visible => sub {
		use utf8;
		while (my $line = <STDIN>) {
			my $copy = $line =~ s/\r?\n\z//r;
			my $bad = !utf8::decode($copy) ||
				$copy =~ /[\x00-\x1f\x7f-\x9f\xad\x{61c}\x{180e}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{feff}\x{fff9}-\x{fffb}\x{e0000}-\x{e007f}]/;
			print $line =~ s/([^ -~\n])/sprintf '<%02x>', ord $1/ger if $bad;
		}
	},
	definitions => sub {
		my ($type, $folder) = @_;
		my $n = 0;
		for my $row (rows(*STDIN)) { $n++; write_file("$folder/$n.xml", definition($type, $n, $row->[0])) }
	},
	hosts => sub {
		my ($folder, $count) = @_;
		my ($n, $k, @names) = (0, 0, map { $_->[0] } rows(*STDIN));
		while (my @some = splice @names, 0, $count) {
			$k++;
			write_file("$folder/n$k.xml", "<node>\n", (map { $n++; definition('test', $n, $_) } @some), "</node>\n");
		}
	},
	outcome => sub {
		my ($file) = @_;
		open my $f, '<:raw', $file or die "$file: $!\n";
		my (%by_name, %by_uuid);
		for my $row (rows($f)) {
			my ($host, $name, $uuid) = @$row;
			push @{$by_name{$_}}, $uuid for $name, "$host/$name";
			$by_uuid{$uuid} = 1;
		}
		my @lines;
		for my $selector (names()) {
			my ($host, $name) = $selector =~ m{^([^/]*/)(.*)\z}s ? ($1, $2) : ('', $selector);
			my $decoded = decode($name);
			my %meant = map { $_ => 1 } map { @{$by_name{$_} // []} } $selector, defined $decoded ? $host . $decoded : ();
			%meant = (lc $selector => 1) if $by_uuid{lc $selector};
			my @meant = keys %meant;
			push @lines, @meant == 1 ? "$meant[0]\tdone\n" : @meant ? "\trefused\n" : "\tunknown\n";
		}
		print sort @lines;
	},
);

my $do = shift // '';
die "names.pl: no command '$do'\n" unless $command{$do};
$command{$do}->(@ARGV);
