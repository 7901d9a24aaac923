# As much of a Windows as libguestfs needs to know one by: a file system with two hives of a registry.
#	perl windows-disk.pl DISK FOLDER IMAGESTATE	(FOLDER: where it may be mounted meanwhile)
use strict;
use warnings;
use Encode 'encode';
use Win::Hivex;

my ($disk, $folder, $state) = @ARGV;
my $none = 0xffffffff;

sub cell {
	my ($bytes) = @_;
	my $n = (length($bytes) + 4 + 7) & ~7;
	return pack("l<a" . ($n - 4), -$n, $bytes);
}

# An empty hive: one key, the root, and its security descriptor.
sub empty_hive {
	my $name = "ROOT";
	my $root = 0x20;
	my $sk = $root + ((0x4c + length($name) + 4 + 7) & ~7);
	my $body = cell("nk" . pack("vQ<V10", 0x2c, 0, 0, $none, 0, 0, $none, $none, 0, $none, $sk, $none) .
		pack("V5vv", 0, 0, 0, 0, 0, length $name, 0) . $name);
	my $descriptor = pack("CCvV4", 1, 0, 0x8000, 0, 0, 0, 0);
	$body .= cell("sk" . pack("vV4", 0, $sk, $sk, 1, length $descriptor) . $descriptor);
	my $free = 4096 - 0x20 - length $body;
	my $bin = "hbin" . pack("VVQ<Q<V", 0, 4096, 0, 0, 0) . $body . pack("l<x" . ($free - 4), $free);
	my $head = pack("a508", "regf" . pack("VVQ<V7", 1, 1, 0, 1, 3, 0, 1, $root, 4096, 1));
	my $sum = 0;
	$sum ^= $_ for unpack "V127", $head;
	return pack("a4096", $head . pack("V", $sum)) . $bin;
}

sub value {
	my ($key, $value) = @_;
	return { key => $key, t => 4, value => pack("V", $value) } if $value =~ /^\d{1,2}$/; # a build number is text
	return { key => $key, t => 1, value => encode("UTF-16LE", "$value\0") };
}

sub hive {
	my ($file, %keys) = @_;
	open my $f, ">:raw", $file or die "$file: $!\n";
	print $f empty_hive();
	close $f or die "$file: $!\n";
	my $h = Win::Hivex->open($file, write => 1);
	for my $key (sort keys %keys) {
		my $node = $h->root();
		$node = $h->node_get_child($node, $_) || $h->node_add_child($node, $_) for split /\\/, $key;
		my %values = %{ $keys{$key} };
		$h->node_set_values($node, [map { value($_, $values{$_}) } sort keys %values]);
	}
	$h->commit(undef);
}

sub run { system(@_) == 0 or die "$_[0]: $?\n" }

run(qw(truncate -s 64M), $disk);
run(qw(mkntfs -q -F), $disk);
run("ntfs-3g", $disk, $folder);
eval {
	run("mkdir", "-p", "$folder/Windows/System32/config", "$folder/Windows/Setup/State");
	# Any program in the format of one of Windows.
	run("cp", "/usr/lib/systemd/boot/efi/systemd-bootx64.efi", "$folder/Windows/System32/cmd.exe");
	hive("$folder/Windows/System32/config/SOFTWARE", 'Microsoft\Windows NT\CurrentVersion' => {
		ProductName => "Windows Server 2022 Standard", CurrentVersion => "6.3", InstallationType => "Server",
		CurrentMajorVersionNumber => 10, CurrentMinorVersionNumber => 0, CurrentBuildNumber => "20348" });
	hive("$folder/Windows/System32/config/SYSTEM", 'Select' => { Current => 1 },
		'ControlSet001\Services\Tcpip\Parameters' => { Hostname => "WINBOX" });
	open my $f, ">:raw", "$folder/Windows/Setup/State/State.ini" or die "State.ini: $!\n";
	print $f "[State]\r\nImageState=$state\r\n";
	close $f or die "State.ini: $!\n";
	1;
} or warn $@;
run("umount", $folder);
