#!/usr/bin/perl
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a server's inventory chip holds, in IPMI's format, 256 bytes: fru.pl MANUFACTURER PRODUCT SERIAL >FILE
use strict;
use warnings;

sub summed { my ($text) = @_; return $text . chr(-unpack('%8C*', $text) & 0xff) }
sub field { return chr(0xc0 | length $_[0]) . $_[0] }

my ($manufacturer, $product, $serial) = @ARGV;
# Part number, version, asset tag and the file's name stay empty.
my $fields = join '', map { field($_) } $manufacturer, $product, '', '', $serial, '', '';
my $size = 8 * int((3 + length($fields) + 1 + 7) / 8) ;
$size += 8 if 3 + length($fields) + 1 + 1 > $size;
my $area = summed(pack "a" . ($size - 1), chr(1) . chr($size / 8) . chr(0) . $fields . chr(0xc1));
binmode STDOUT;
print pack 'a256', summed(pack 'C7', 1, 0, 0, 0, 1, 0, 0) . $area;
