/* node/mounts.c - mounts below a folder.
 * Must not remove files; that is for after the unmounting. */
#include "node/mounts.h"

#include <string.h>

#include "base/str.h"

/* "\040" and its like become the byte (getmntent(3)). */
static void decode(char *s)
{
    char *w = s;
    for (; *s; s++) {
        if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' &&
            s[3] <= '7') {
            *w++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
            s += 3;
        } else {
            *w++ = *s;
        }
    }
    *w = '\0';
}

int node_mounts_below(const struct node_sys *sys, const char *dir, struct cu_strlist *out, struct cu_err *err)
{
    cu_autofree char *text = NULL, *prefix = cu_asprintf("%s/", dir);
    int r = node_read(sys, "/proc/mounts", &text, err);
    if (r < 0)
        return r;
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    cu_strlist_split(&lines, text, '\n');
    for (size_t i = 0; i < lines.n; i++) {
        const char *start = strchr(lines.v[i], ' ');
        if (!start)
            continue;
        cu_autofree char *point = cu_strndup(start + 1, strcspn(start + 1, " "));
        decode(point);
        if (cu_has_prefix(point, prefix))
            cu_strlist_add(out, point);
    }
    return 0;
}

int node_unmount_below(const struct node_sys *sys, const char *dir, int flags, struct cu_err *err)
{
    cu_autostrlist struct cu_strlist points = CU_STRLIST_INIT;
    if (!sys)
        sys = node_sys_host();
    int r = node_mounts_below(sys, dir, &points, err);
    for (size_t i = points.n; i-- > 0;) {
        cu_autoerr struct cu_err one = CU_ERR_INIT;
        int code = sys->unmount(sys->arg, points.v[i], flags, &one);
        if (code < 0 && r == 0) {
            r = code;
            cu_err_move(err, &one);
        }
    }
    return r;
}
