/* base/limits.h - hard limits on outside data, in bytes unless a comment says otherwise. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define LIM_CONFIG_FILE (4 * 1024 * 1024)
#define LIM_KUBECONFIG (1024 * 1024)
#define LIM_PEM_FILE (1024 * 1024)
#define LIM_TOKEN_FILE 4096
#define LIM_MANIFEST (1024 * 1024)
#define LIM_PROC_FILE (1024 * 1024)
#define LIM_HTTP_HEADERS (64 * 1024)
#define LIM_HTTP_REQUEST (3 * 1024 * 1024) /* spec apiserver 3.9 */
#define LIM_HTTP_RESPONSE (64 * 1024 * 1024)
#define LIM_WATCH_EVENT (8 * 1024 * 1024)
#define LIM_TEXT (64 * 1024 * 1024) /* any text built in memory */
#define LIM_NESTING 128             /* levels of maps and lists in YAML and JSON */

#endif
