/* base/log.h - diagnostics on stderr in klog's line format, one line each:
 *   I1123 21:56:50.123456    1234 file.c:12] message
 * (source: Kubernetes klog; spec init 1.5). The only global state of the program. Thread-safe.
 * Only cli, plane, phases, controllers, agent and apiserver log at info or above; debug is free everywhere. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/mem.h"
#include <stdbool.h>

void cu_log_set_verbosity(int v); /* klog -v; default 0 */
int cu_log_verbosity(void);
/* --vmodule: "pattern=N,..." matched against the file name without ".c", with * and ?; false on bad syntax. */
bool cu_log_set_vmodule(const char *spec);
void cu_log_set_stream(FILE *f); /* default stderr; borrowed */

#define cu_log_debug(level, ...) cu_log_at('I', (level), __FILE__, __LINE__, __VA_ARGS__)
#define cu_log_info(...) cu_log_at('I', 0, __FILE__, __LINE__, __VA_ARGS__)
#define cu_log_warning(...) cu_log_at('W', 0, __FILE__, __LINE__, __VA_ARGS__)
#define cu_log_error(...) cu_log_at('E', 0, __FILE__, __LINE__, __VA_ARGS__)

void cu_log_at(char severity, int level, const char *file, int line, const char *fmt, ...) CU_PRINTF(5, 6);

#endif
