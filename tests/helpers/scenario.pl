#!/usr/bin/perl
# Runs scenarios of planners and says what became of them, as TAP; tests/plan/README tells their form.
#	scenario.pl FOLDER FILE...	works in FOLDER
use strict;
use warnings;
use File::Basename;
use File::Path qw(make_path remove_tree);

my ($top, @files) = @ARGV;
my %BYTES = (K => 1 << 10, M => 1 << 20, G => 1 << 30, T => 1 << 40);

# A table as people write it: cells parted by two blanks at least, "-" for an empty one, sizes as 4G.
sub tsv {
	my ($text) = @_;
	my $out = '';
	for my $line (split /\n/, $text) {
		my @cells = map { $_ eq '-' ? '' : /^(\d+)([KMGT])$/ ? $1 * $BYTES{$2} : $_ } split /\s{2,}/, $line;
		$out .= join("\t", @cells) . "\n";
	}
	return $out;
}

sub is_table { $_[0] =~ m{^(?:(?:hosts|vms|new|plan|prints)\d*$|state/)} }

sub read_scenario {
	my ($file) = @_;
	my %s = (commands => [], why => '', parts => {}, order => []);
	my ($part, $verbatim) = ('', 0);
	open my $in, '<', $file or die "$file: $!\n";
	while (my $line = <$in>) {
		if ($line =~ /^-- exit (\d+)$/) { $s{exit} = $1; $part = ''; next }
		if ($line =~ /^-- (\S+)( verbatim)?$/) {
			$part = $1;
			die "$file:$.: part '$part' stands twice\n" if defined $s{parts}{$part};
			$s{parts}{$part} = '';
			$s{verbatim}{$part} = 1 if $2 || !is_table($part);
			next;
		}
		if ($part) { $s{parts}{$part} .= $line }
		elsif ($line =~ /^\$ (.*)/) { push @{$s{commands}}, $1 }
		elsif ($line =~ /^# (.*)/) { $s{why} ||= $1 }
		elsif ($line =~ /\S/) { die "$file:$.: belongs to nothing\n" }
	}
	die "$file: no command\n" if !@{$s{commands}};
	for my $p (keys %{$s{parts}}) { $s{parts}{$p} = tsv($s{parts}{$p}) if !$s{verbatim}{$p} }
	return \%s;
}

sub write_file {
	my ($path, $text) = @_;
	make_path(dirname($path));
	open my $out, '>', $path or die "$path: $!\n";
	print $out $text;
	close $out or die "$path: $!\n";
}

sub slurp { my ($path) = @_; local $/; open my $in, '<', $path or die "$path: $!\n"; return <$in> // '' }

sub run_scenario {
	my ($s) = @_;
	my %parts = %{$s->{parts}};
	chdir '/';
	remove_tree($top);
	make_path("$top/state", "$top/conf");
	chdir $top or die "$top: $!\n";
	$ENV{VMM_STATE} = "$top/state";
	$ENV{VMM_CONF} = "$top/conf";
	for my $p (keys %parts) { write_file($p, $parts{$p}) if $p ne 'prints' && $p ne 'says' }
	$ENV{fleet} = join ' ', map { defined $parts{$_} ? "--$_ $_" : () } qw(hosts vms rules);
	my $status;
	for my $command (@{$s->{commands}}) {
		$status = system('/bin/sh', '-c', "{ $command\n} >>.prints 2>>.says") >> 8;
	}
	write_file('.want.prints', $parts{prints} // '');
	write_file('.want.says', $parts{says} // '');
	my $wrong = '';
	$wrong .= "ended with $status, not " . ($s->{exit} // 0) . "\n" if $status != ($s->{exit} // 0);
	for my $what ('prints', 'says') {
		next if $what eq 'prints' && !defined $parts{prints};
		next if slurp(".$what") eq slurp(".want.$what");
		$wrong .= qx(diff -u --label "wanted: $what" --label "got: $what" .want.$what .$what);
	}
	return $wrong;
}

my $n = 0;
for my $file (@files) {
	my ($name) = $file =~ m{([^/]+/[^/]+)$};
	my $wrong = run_scenario(read_scenario($file));
	print $wrong eq '' ? 'ok ' : 'not ok ', ++$n, " - $name\n";
	print "# $_\n" for split /\n/, $wrong;
}
chdir '/';
remove_tree($top);
print "1..$n\n";
