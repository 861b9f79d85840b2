# Stops a primary whose lease has run out and whose agent did not: it hangs, is frozen, or has died. The lease stands in
# a small file beside the data directory (lease-note.ts), which the agent writes anew with each proof and removes when
# it gives the lease up. Usage: lease-keeper.pl NOTE DATA_DIRECTORY RESERVE_MS
#
# The agent stops its server itself when RESERVE_MS of the lease are left. This comes after that, and before the end.
use strict;
use warnings;
use Fcntl ':flock';

my ($note, $data, $reserve_ms) = @ARGV;
my $poll_ms = 500;

# One for each data directory; the lock ends with its holder. A second one is not needed.
open(my $lock, '>>', "$note.lock") or exit 1;
flock($lock, LOCK_EX | LOCK_NB) or exit 0;

sub slurp {
    my ($path) = @_;
    open(my $file, '<', $path) or return '';
    local $/;
    return scalar(<$file>) // '';
}

sub uptime_ms { return 1000 * (split ' ', slurp('/proc/uptime'))[0]; }

my $boot = slurp('/proc/sys/kernel/random/boot_id');
chomp $boot;

# Milliseconds that are left; undef where there is no lease to keep.
sub left_ms {
    my $text = slurp($note);
    return undef unless $text =~ /"boot":"\Q$boot\E"/;
    return undef unless $text =~ /"untilMs":([0-9.]+)/;
    return $1 - uptime_ms();
}

# The postmaster of the data directory, if it runs there and is a primary.
sub primary {
    return 0 if -e "$data/standby.signal" || -e "$data/recovery.signal";
    my ($pid) = split /\n/, slurp("$data/postmaster.pid");
    return 0 unless defined $pid && $pid =~ /^[1-9][0-9]*$/;
    my $directory = readlink("/proc/$pid/cwd");
    my ($wanted, $found) = map { join ':', (stat)[0, 1] } $data, ($directory // '/');
    return $wanted eq $found ? $pid : 0;
}

sub fence {
    my $pid = primary() or return;
    kill 'QUIT', $pid;
    my $half = uptime_ms() + $reserve_ms / 4;
    while (kill(0, $pid) && uptime_ms() < $half) { select undef, undef, undef, 0.01; }
    # What does not end by itself is not asked again. Its children end with it.
    kill 'KILL', $pid if primary() == $pid;
}

while (defined(my $left = left_ms())) {
    my $due = $left - $reserve_ms / 2;
    if ($due <= 0) {
        fence();
        # The lease that ran out is no lease; the next agent finds none.
        $left = left_ms();
        unlink $note if defined $left && $left <= $reserve_ms / 2;
        last;
    }
    select undef, undef, undef, ($due < $poll_ms ? $due : $poll_ms) / 1000;
}
unlink "$note.lock";
