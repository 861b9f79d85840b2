#!/usr/bin/perl
# Every hook tool, and juju-exec: the name this program is called by says which. It passes its
# arguments to the unit agent over a unix socket and prints what comes back.
#
# A hook calls many tools, each one a process, so this must start fast: Perl without a single module
# starts in 2 ms. AF_UNIX and SOCK_STREAM are therefore written as their numbers on Linux.
# The framing is that of src/adapters/net/frames.ts; the two change together.

use strict;

binmode $_ for (*STDIN, *STDOUT, *STDERR);
$SIG{PIPE} = 'IGNORE';

my ($folder, $tool) = $0 =~ m{\A(?:(.*)/)?([^/]+)\z}s;
my $directory = readlink('/proc/self/cwd');
$directory = '/' unless defined $directory;

sub fail {
    print STDERR "ERROR $_[0]\n";
    exit 1;
}

sub variable {
    my ($name) = @_;
    fail("$name not set") unless defined $ENV{$name} && $ENV{$name} ne '';
    return $ENV{$name};
}

# One request on a connection of its own: sends the fields, returns those of the answer.
sub ask {
    my ($path, @fields) = @_;
    # 110 bytes of address hold a path of 107 and its end.
    fail("dial unix $path: connect: invalid argument") if length($path) > 107;
    socket(my $socket, 1, 1, 0) or fail("dial unix $path: socket: " . lc "$!");
    connect($socket, pack('S a108', 1, $path))
        or fail("dial unix $path: connect: " . lc "$!");
    my $body = pack('N (N/a*)*', scalar @fields, @fields);
    my $frame = pack('N', length $body) . $body;
    for (my $sent = 0; $sent < length $frame;) {
        my $now = syswrite($socket, $frame, length($frame) - $sent, $sent);
        next if !defined $now && $! == 4; # interrupted by a signal (EINTR)
        fail('connection is shut down') unless $now;
        $sent += $now;
    }
    my $answer = '';
    while (length $answer < 4 || length $answer < 4 + unpack('N', $answer)) {
        my $now = sysread($socket, $answer, 1 << 16, length $answer);
        next if !defined $now && $! == 4; # interrupted by a signal (EINTR)
        fail('connection is shut down') unless $now;
    }
    return unpack('x4 N/(N/a*)', $answer);
}

my ($code, $out, $err, $wants);
if ($tool eq 'juju-exec') {
    # The machine's socket stands beside the folder that holds the units' tools.
    my $context = defined $ENV{JUJU_CONTEXT_ID} ? $ENV{JUJU_CONTEXT_ID} : '';
    my $machine = $folder;
    $machine =~ s{/[^/]+/[^/]+\z}{} or fail("cannot tell the unit from '$0': call juju-exec by its whole path");
    ($code, $out, $err) = ask("$machine/run.socket", 'exec', $context, $folder, $directory, @ARGV);
} else {
    my $context = variable('JUJU_CONTEXT_ID');
    my $path = variable('JUJU_AGENT_SOCKET_ADDRESS');
    my $network = variable('JUJU_AGENT_SOCKET_NETWORK');
    fail("dial $network: unknown network $network") if $network ne 'unix';
    my @request = ('tool', $context, $directory, $tool);
    ($code, $out, $err, $wants) = ask($path, @request, '0', '', @ARGV);
    if ($wants) {
        # stdin belongs to the hook until a tool needs it, so it is read only now.
        local $/;
        my $input = <STDIN>;
        $input = '' unless defined $input;
        ($code, $out, $err) = ask($path, @request, '1', $input, @ARGV);
    }
}

print STDOUT $out;
print STDERR $err;
exit $code;
