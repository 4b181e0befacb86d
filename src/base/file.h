/* base/file.h - files and folders. Every write is atomic: a temporary file in the same folder with its mode set
 * before content, fsync, rename, fsync of the folder. Descriptors are close-on-exec. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/err.h"
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Reads a whole file of at most `max` bytes. *out is malloc'ed, NUL-terminated; *n (may be NULL) its length.
 * CU_E_NOTFOUND, CU_E_FORBIDDEN, CU_E_INVALID (larger than max; a folder), CU_E_IO. The path is in the text. */
int cu_file_read(const char *path, size_t max, char **out, size_t *n, struct cu_err *err);
int cu_fd_read(int fd, size_t max, char **out, size_t *n, struct cu_err *err);

/* Writes atomically with exactly `mode` (umask ignored). Parent folders must exist. Nothing is left behind on
 * failure, the old content stays. Disk full: CU_E_IO naming path and cause. */
int cu_file_write(const char *path, const void *data, size_t n, mode_t mode, struct cu_err *err);
int cu_file_write_str(const char *path, const char *text, mode_t mode, struct cu_err *err);
/* As cu_file_write, but touches nothing when the file has that content and mode already; *changed may be NULL. */
int cu_file_write_if_changed(const char *path, const void *data, size_t n, mode_t mode, bool *changed,
                             struct cu_err *err);
/* Puts a file in the place of another in the same folder, for good (rename, fsync of the folder). */
int cu_file_rename(const char *from, const char *to, struct cu_err *err);
int cu_file_copy(const char *from, const char *to, mode_t mode, struct cu_err *err);

bool cu_exists(const char *path); /* stat(2) says yes */
/* Permissions of a file that is there, for who writes it anew and leaves them to the administrator; else `otherwise`. */
mode_t cu_file_mode(const char *path, mode_t otherwise);
bool cu_is_dir(const char *path);
/* 1 when the folder is missing or empty, 0 when it has entries, negative on errors. */
int cu_dir_is_empty(const char *path, struct cu_err *err);
/* mkdir -p; only folders made here get `mode`. */
int cu_mkdir_p(const char *path, mode_t mode, struct cu_err *err);
int cu_unlink(const char *path, struct cu_err *err); /* absent is success */
/* The path, links in it followed, is a folder the machine lives on, or holds one: "/", "/etc", "/usr/lib", "/var/lib", ...;
 * false where nothing is, and for "/etc/kubernetes". */
bool cu_is_system_dir(const char *path);
/* Removes a tree without following links below the top or crossing mounts; absent is success. keep_top keeps the
 * folder, and then `path` itself may be a link to it. Goes on past failures and reports the first one. A folder of the
 * system (above) is refused with CU_E_INVALID and left as it is. */
int cu_rm_rf(const char *path, bool keep_top, struct cu_err *err);
char *cu_path_join(const char *dir, const char *name); /* caller frees; one slash between */
char *cu_path_clean(const char *path); /* without "//", "/./", "/../" and slashes at the end; caller frees */
char *cu_path_dir(const char *path);   /* dirname(1), caller frees */
const char *cu_path_base(const char *path); /* behind the last slash; borrowed */

#endif
