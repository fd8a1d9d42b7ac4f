/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WAYMARK_TRACK_AGENT_LIST_H
#define WAYMARK_TRACK_AGENT_LIST_H

#include "base/bytes.h"

/*
 * The public lists of agents that are programs (static/package.json pins them), compiled into one
 * matcher by static/agents/. Linear in the length of the agent, whatever the lists hold.
 */
bool agent_list_holds(struct span agent);

/* Lists and versions: "isbot 5.2.3, …". */
const char *agent_list_sources(void);

#endif
