/* SPDX-License-Identifier: Apache-2.0 */
#include "app/descriptors.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

int descriptors_reserve(unsigned connections, unsigned others, unsigned *ret_connections,
			struct error *error)
{
	const rlim_t besides = (rlim_t)others + DESCRIPTORS_SPARE, wanted = connections + besides;
	const rlim_t least = besides + DESCRIPTORS_CONNECTIONS_MIN;
	struct rlimit files, raised;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return error_set(error, -errno, "the limit of open files cannot be read: %s",
				 strerror(errno));
	raised = files;
	if (raised.rlim_cur < wanted)
		raised.rlim_cur = raised.rlim_max < wanted ? raised.rlim_max : wanted;
	/* Where even that is forbidden, what there is must do. */
	if (raised.rlim_cur > files.rlim_cur && setrlimit(RLIMIT_NOFILE, &raised) == 0)
		files = raised;
	if (files.rlim_cur < least)
		return error_set(error, DESCRIPTORS_E_TOO_FEW,
				 "this process may open %llu files, and needs at least %llu; raise "
				 "the limit (LimitNOFILE of the unit, or ulimit -n)",
				 (unsigned long long)files.rlim_cur, (unsigned long long)least);
	*ret_connections =
		files.rlim_cur < wanted ? (unsigned)(files.rlim_cur - besides) : connections;
	return 0;
}
