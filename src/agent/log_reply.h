/* agent/log_reply.h - container logs as an HTTP answer. */
#ifndef AGENT_LOG_REPLY_H
#define AGENT_LOG_REPLY_H

#include "http/server.h"

/* Answers GET /containerLogs/<namespace>/<pod>/<container> with the parameters tailLines, limitBytes, previous and
 * follow (spec apiserver 9.4); sinceSeconds, sinceTime and timestamps mean nothing here, as lines carry no times of
 * ours. <pod> is the mirror pod's name. */
void agent_log_reply(struct http_loop *loop, const char *log_dir, const char *node, struct http_request *req);

/* Where the last `lines` lines of a file of `size` bytes begin; 0 when it has no more than that. */
int64_t agent_tail_offset(int fd, int64_t size, int64_t lines);

#endif
