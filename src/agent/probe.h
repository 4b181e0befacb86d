/* agent/probe.h - what a probe asks and what its answers mean, without asking: the state machine behind startup,
 * liveness and readiness. Times are milliseconds of the monotonic clock. */
#ifndef AGENT_PROBE_H
#define AGENT_PROBE_H

#include "codec/value.h"

struct agent_probe_spec {
    char *url;      /* "https://10.0.0.1:6443/livez", brackets round IPv6 hosts */
    char **headers; /* "Name: value", NULL-terminated; NULL: none */
    int64_t initial_delay_ms, period_ms, timeout_ms;
    int success_threshold, failure_threshold;
};
/* From a container's "livenessProbe" and so on. 1 and *out filled; 0 when the container has no such probe; CU_E_INVALID
 * for kinds other than httpGet and for bad fields. Host defaults to 127.0.0.1. */
int agent_probe_spec_parse(const struct val *container, const char *field, struct agent_probe_spec *out,
                           struct cu_err *err);
void agent_probe_spec_clear(struct agent_probe_spec *s);

enum agent_probe_result { AGENT_PROBE_UNKNOWN, AGENT_PROBE_UP, AGENT_PROBE_DOWN };

struct agent_probe {
    const struct agent_probe_spec *spec; /* borrowed */
    bool eager; /* until it is up for the first time: also ask early and often, failures then do not count */
    enum agent_probe_result result;
    int in_row; /* counted answers of the same kind in a row */
    bool last_ok;
    int64_t start_ms;   /* when the container (or this probe) began */
    int64_t counted_ms; /* next attempt that counts */
    int64_t next_ms;    /* next attempt */
};
void agent_probe_begin(struct agent_probe *p, const struct agent_probe_spec *spec, bool eager,
                       int64_t now_ms);
/* Takes one answer; true when `result` changed by it. */
bool agent_probe_note(struct agent_probe *p, bool ok, int64_t now_ms);

#endif
