#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Instructions of a callgrind dump, by the object that they belong to: lines "NAME INSTRUCTIONS" with
# NAME = own (the program itself), or the library's first word (libcrypto, libjansson, libc …).
# objects.pl DUMP PROGRAM
use strict;
use warnings;

my ($dump, $program) = @ARGV;
open my $in, '<', $dump or die "$dump: $!\n";
my (%name, %cost, $object);
my $skip = 0;
while (<$in>) {
    if (/^c?ob=\((\d+)\)(?: (.*))?$/) {
        $name{$1} = $2 if defined $2;
        $object = $1 unless /^cob/;
    } elsif (/^calls=/) {
        $skip = 1;    # the next line is the cost of the callee, counted where it is spent
    } elsif (/^[-+*\d]\S* (\d+)$/) {
        $cost{$object} += $1 unless $skip;
        $skip = 0;
    }
}
my %sum;
for my $id (keys %cost) {
    my $file = $name{$id} // '?';
    (my $short = $file) =~ s{.*/}{};
    $short =~ s/[.-].*//;
    $sum{$file =~ /\Q$program\E$/ ? 'own' : $short} += $cost{$id};
}
print "$_ $sum{$_}\n" for sort keys %sum;
