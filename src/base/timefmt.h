/* base/timefmt.h - clocks, RFC 3339 times and Go durations. Times are int64_t milliseconds since 1970 UTC. */
#ifndef BASE_TIMEFMT_H
#define BASE_TIMEFMT_H

#include "base/err.h"
#include <stdint.h>

int64_t cu_now_ms(void);  /* wall clock */
int64_t cu_mono_ms(void); /* CLOCK_MONOTONIC, for measuring and time limits */
int64_t cu_mono_us(void);
void cu_sleep_ms(int64_t ms); /* continues after signals */

#define CU_RFC3339_MAX 40                                    /* bytes, terminator included */
void cu_rfc3339(int64_t ms, char out[CU_RFC3339_MAX]);       /* "2026-11-23T21:56:50Z" */
void cu_rfc3339_micro(int64_t ms, char out[CU_RFC3339_MAX]); /* "2026-11-23T21:56:50.123000Z" */
/* With or without fraction, "Z" or numeric offset (RFC 3339 section 5.6). */
int cu_parse_rfc3339(const char *s, int64_t *ms, struct cu_err *err);

/* Go time.Duration text: "24h0m0s", "1m30s", "500ms", "0s"; nanoseconds. */
int cu_parse_duration(const char *s, int64_t *ns, struct cu_err *err); /* "-1.5h", "1h15m30.9s", "0" */
char *cu_format_duration(int64_t ns); /* caller frees; Go's Duration.String() */

/* Short form used in tables ("17s", "5m3s", "2d4h", "3y12d"; spec apiserver 3.11); seconds. Caller frees. */
char *cu_human_duration(int64_t seconds);

#endif
