/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults inside the store, by one jump out of the handler.
 *
 * Each of these signals is raised by the instruction that touched the address, on the thread that
 * ran it, so the handler knows by a pointer of the thread whether somebody waits for it. If nobody
 * does, it puts back what was there before and returns: the instruction runs again and the process
 * ends as it would have. One that a process has sent is no fault: it ends this one, wherever it is.
 * The mask is not saved, because the handler blocks nothing (SA_NODEFER) and saving it would cost a
 * system call for each lookup.
 */
#include "store/guard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

struct place {
	sigjmp_buf buffer;
	struct place *outer;
};

static _Thread_local struct place *innermost;
static struct sigaction before_segv, before_bus;
static pthread_once_t installed = PTHREAD_ONCE_INIT;

static void leave(void)
{
	struct place *place = innermost;
	sigset_t faults;

	/* ThreadSanitizer runs handlers with all signals blocked, and the jump would keep that. */
	(void)sigemptyset(&faults);
	(void)sigaddset(&faults, SIGSEGV);
	(void)sigaddset(&faults, SIGBUS);
	(void)pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
	innermost = place->outer;
	siglongjmp(place->buffer, 1);
}

static void handle(int number, siginfo_t *info, void *context)
{
	bool sent = info->si_code <= 0;

	(void)context;
	if (innermost && !sent)
		leave();
	(void)sigaction(number, number == SIGSEGV ? &before_segv : &before_bus, NULL);
	if (sent)
		(void)raise(number);
}

static void install(void)
{
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_NODEFER | SA_SIGINFO};

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGSEGV, &action, &before_segv);
	(void)sigaction(SIGBUS, &action, &before_bus);
}

void guard_install(void)
{
	(void)pthread_once(&installed, install);
}

void guard_assertion(MDB_env *lmdb, const char *text)
{
	(void)lmdb;
	(void)text;
	/* When it returns, LMDB aborts. */
	if (innermost)
		leave();
}

bool guard_run(void (*call)(void *context), void *context)
{
	struct place place = {.outer = innermost};

	if (sigsetjmp(place.buffer, 0))
		return false;
	innermost = &place;
	call(context);
	innermost = place.outer;
	return true;
}
