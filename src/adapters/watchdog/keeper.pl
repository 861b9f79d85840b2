# Holds a watchdog device open for the agent. Reads commands from standard input, a line each: `timeout N`, `ping`,
# `close`. Answers each with `ok` or with what went wrong. Where the agent dies, standard input ends and the device
# is closed without the magic character, so it
# goes on counting down: that is what a watchdog is for.
use strict;
use warnings;
use Fcntl;

my ($device) = @ARGV;
my $set_timeout = 0xC0045706;
sysopen(my $watchdog, $device, O_WRONLY) or do { print "$!\n"; exit 1 };
$| = 1;
print "ok\n";
while (my $line = <STDIN>) {
    if ($line =~ /^timeout (\d+)$/) {
        my $seconds = pack('i', $1);
        print ioctl($watchdog, $set_timeout, $seconds) ? "ok\n" : "$!\n";
    } elsif ($line =~ /^ping$/) {
        print syswrite($watchdog, '1') ? "ok\n" : "$!\n";
    } elsif ($line =~ /^close$/) {
        print syswrite($watchdog, 'V') ? "ok\n" : "$!\n";
        close($watchdog);
        exit 0;
    }
}
