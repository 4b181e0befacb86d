/* agent/backoff.h - pauses between restarts of a container: 1 s for the first, then 10 s doubling to 5 min, from the
 * start again after a run of 10 minutes (spec apiserver 9.4; the short first pause is ours). */
#ifndef AGENT_BACKOFF_H
#define AGENT_BACKOFF_H

#include <stdint.h>

struct agent_backoff {
    int64_t delay_ms; /* last pause given; 0: none yet */
};
/* Pause before the next start, after a run of ran_ms. */
int64_t agent_backoff_next(struct agent_backoff *b, int64_t ran_ms);

#endif
