#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# Tell an X screen from the next one: print the size, the number of colours and a sum of
# the picture in the X window dump $ARGV[0], a file or, if it is a number, a segment.
use strict;
use warnings;

my $dump;
if ($ARGV[0] =~ /^\d+$/) {
	shmread($ARGV[0], $dump, 0, 80) or die "shmread: $!\n";
} else {
	open(my $file, "<:raw", $ARGV[0]) or die "$ARGV[0]: $!\n";
	local $/;
	$dump = <$file>;
}
my @header = unpack("N20", $dump);
my ($width, $height, $line) = @header[4, 5, 12];
# behind the header and the map of colours
my ($start, $size) = ($header[0] + 12 * $header[19], $line * $height);
my $pixels;
if ($ARGV[0] =~ /^\d+$/) {
	shmread($ARGV[0], $pixels, $start, $size) or die "shmread: $!\n";
} else {
	$pixels = substr($dump, $start, $size);
}
my %colours;
$colours{$_}++ for unpack("L*", $pixels);
printf "%dx%d, %d colours, sum %08x\n", $width, $height, scalar keys %colours,
	unpack("%32L*", $pixels);
