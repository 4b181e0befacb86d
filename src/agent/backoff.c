/* agent/backoff.c - pauses between restarts.
 * Must not keep time; the caller measures the runs. */
#include "agent/backoff.h"

#define FIRST_MS 1000
#define SECOND_MS 10000
#define MAX_MS (5 * 60 * 1000)
#define GOOD_RUN_MS (10 * 60 * 1000)

int64_t agent_backoff_next(struct agent_backoff *b, int64_t ran_ms)
{
    if (b->delay_ms == 0 || ran_ms >= GOOD_RUN_MS)
        b->delay_ms = FIRST_MS;
    else if (b->delay_ms < SECOND_MS)
        b->delay_ms = SECOND_MS;
    else
        b->delay_ms = b->delay_ms > MAX_MS / 2 ? MAX_MS : b->delay_ms * 2;
    return b->delay_ms;
}
