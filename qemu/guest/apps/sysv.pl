#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
# System V IPC as Perl has it: its built-in functions, and the classes of IPC::SysV.
use strict;
use warnings;
use IPC::SysV qw(IPC_PRIVATE IPC_CREAT IPC_EXCL IPC_RMID IPC_NOWAIT IPC_STAT
		 SETVAL GETVAL SEM_UNDO S_IRUSR S_IWUSR ftok shmat shmdt memread memwrite);
use IPC::Msg;
use IPC::Semaphore;
use IPC::SharedMem;

$| = 1;
my $mode = S_IRUSR | S_IWUSR;

# --- the built-in functions

my $shm = shmget(IPC_PRIVATE, 65536, IPC_CREAT | $mode) // die "shmget: $!\n";
my $sem = semget(IPC_PRIVATE, 2, IPC_CREAT | $mode) // die "semget: $!\n";
my $msg = msgget(IPC_PRIVATE, IPC_CREAT | $mode) // die "msgget: $!\n";

# two processes count by turns in shared memory
my $rounds = 200;
shmwrite($shm, pack("L", 0), 0, 4) or die "shmwrite: $!\n";
semctl($sem, 0, SETVAL, 1) // die "SETVAL: $!\n";
semctl($sem, 1, SETVAL, 0) // die "SETVAL: $!\n";

sub turns {
	my ($mine, $other) = @_;

	for (1 .. $rounds) {
		semop($sem, pack("s!3", $mine, -1, 0)) or die "semop: $!\n";
		my $count;
		shmread($shm, $count, 0, 4) or die "shmread: $!\n";
		shmwrite($shm, pack("L", unpack("L", $count) + 1), 0, 4) or die "shmwrite: $!\n";
		semop($sem, pack("s!3", $other, 1, 0)) or die "semop: $!\n";
	}
}

my $child = fork() // die "fork: $!\n";
if ($child == 0) {
	turns(1, 0);
	msgsnd($msg, pack("l! a*", 7, "the child is done"), 0) or die "msgsnd: $!\n";
	exit 0;
}
turns(0, 1);
my $text;
msgrcv($msg, $text, 100, 7, 0) or die "msgrcv: $!\n";
waitpid($child, 0);
my $count;
shmread($shm, $count, 0, 4) or die "shmread: $!\n";
printf "counted %d of %d, %s, child's status %d\n", unpack("L", $count), 2 * $rounds,
	unpack("x[l!] a*", $text), $?;

# what a process took with SEM_UNDO comes back when it ends
semctl($sem, 0, SETVAL, 1) // die "SETVAL: $!\n";
$child = fork() // die "fork: $!\n";
if ($child == 0) {
	semop($sem, pack("s!3", 0, -1, SEM_UNDO)) or die "semop: $!\n";
	exit(semctl($sem, 0, GETVAL, 0) == 0 ? 0 : 1);
}
waitpid($child, 0);
printf "undone: %d, child's status %d\n", semctl($sem, 0, GETVAL, 0), $?;

semop($sem, pack("s!3", 1, -1, IPC_NOWAIT)) and die "semop took what is not there\n";
print "nothing to take: ", $!{EAGAIN} ? "EAGAIN" : "$!", "\n";
shmctl($shm, IPC_RMID, 0) or die "shmctl: $!\n";
semctl($sem, 0, IPC_RMID, 0) or die "semctl: $!\n";
msgctl($msg, IPC_RMID, 0) or die "msgctl: $!\n";
shmread($shm, $text, 0, 1) and die "read a removed segment\n";
print "removed: ", $!{EINVAL} ? "EINVAL" : "$!", "\n";

# --- the classes

my $key = ftok("/usr/bin/perl", 5) // die "ftok: $!\n";
my $segment = IPC::SharedMem->new($key, 8192, IPC_CREAT | IPC_EXCL | $mode) // die "SharedMem: $!\n";
defined IPC::SharedMem->new($key, 8192, IPC_CREAT | IPC_EXCL | $mode) and die "made twice\n";
print "twice: ", $!{EEXIST} ? "EEXIST" : "$!", "\n";
$segment->attach or die "attach: $!\n";
$segment->write("by a class", 100, 10) or die "write: $!\n";
my $same = IPC::SharedMem->new($key, 8192, $mode) // die "SharedMem: $!\n";
printf "%s, %d bytes, %d attached\n", $same->read(100, 10), $same->stat->segsz, $same->stat->nattch;

my $address = shmat($same->id, undef, 0) // die "shmat: $!\n";
memwrite($address, "by address", 100, 10) or die "memwrite: $!\n";
printf "%s, %d attached\n", $segment->read(100, 10), $segment->stat->nattch;
shmdt($address) // die "shmdt: $!\n";
$segment->detach // die "detach: $!\n";
$segment->remove // die "remove: $!\n";

my $set = IPC::Semaphore->new(IPC_PRIVATE, 3, IPC_CREAT | $mode) // die "Semaphore: $!\n";
$set->setall(3, 1, 4) // die "setall: $!\n";
$set->op(0, -2, 0, 2, 5, 0) // die "op: $!\n";
printf "values %s of %d, last by me: %s\n", join(",", $set->getall), $set->stat->nsems,
	$set->getpid(2) == $$ ? "yes" : "no";
$set->remove // die "remove: $!\n";

my $queue = IPC::Msg->new(IPC_PRIVATE, IPC_CREAT | $mode) // die "Msg: $!\n";
$queue->snd(3, "third") && $queue->snd(1, "first") or die "snd: $!\n";
printf "%d messages,", $queue->stat->qnum;
for (-3, 3) {
	my $type = $queue->rcv($text, 100, $_) // die "rcv: $!\n";
	print " $type $text";
}
print "\n";
$queue->remove // die "remove: $!\n";
print "all removed\n";
