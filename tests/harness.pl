#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Runs test files of every kind under TAP::Harness (what prove uses) and prints the totals.
use strict;
use warnings;
use TAP::Harness;

my $build = $ENV{BUILD};
my $limit = $ENV{TEST_TIMEOUT} || 900;

# One command for each file, by its kind; each speaks TAP on standard output.
sub command {
    my (undef, $file) = @_;
    my @timed = ('timeout', '-k', '20', $limit);
    return [@timed, 'tests/tap.sh', 'unit', "$build/tests/unit/$1"] if $file =~ m{^tests/unit/(.*)\.c$};
    return [@timed, 'tests/tap.sh', 'fuzz', "$build/tests/fuzz/fuzz_$1", $1]
        if $file =~ m{^tests/fuzz/fuzz_(.*)\.c$};
    return [@timed, 'tests/tap.sh', 'sql', $file] if $file =~ m{\.sql$};
    return [@timed, 'bash', $file];
}

my $harness = TAP::Harness->new({
    verbosity => $ENV{V} ? 1 : 0,
    failures  => 1,
    comments  => 0,
    color     => -t STDOUT ? 1 : 0,
    timer     => 1,
    jobs      => $ENV{JOBS} || 1,
    exec      => \&command,
});
my $all = $harness->runtests(@ARGV);
my $failed = $all->failed;
# a file that died, planned wrongly or said nothing counts as one failure
for my $parser ($all->parsers) {
    $failed++ if $parser->has_problems && !$parser->failed;
    $failed++ if !$parser->has_problems && !$parser->tests_run && !$parser->skip_all;
}
printf "%d passed, %d failed\n", scalar $all->passed, $failed;
exit($failed || $all->exit ? 1 : 0);
