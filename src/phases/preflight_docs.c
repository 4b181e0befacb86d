/* Writes docs/preflight.md: `preflight-docs > docs/preflight.md`; with a file as argument it compares instead and exits
 * with 1 when the file is out of date. A tool of the build, not part of the programs. */
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "phases/preflight.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    cu_autobuf struct cu_buf page = CU_BUF_INIT(LIM_TEXT);
    cu_autofree char *old = NULL;
    ph_checks_page(&page);
    if (argc < 2)
        return fputs(cu_buf_str(&page), stdout) < 0;
    if (cu_file_read(argv[1], LIM_TEXT, &old, NULL, NULL) == 0 && cu_streq(old, cu_buf_str(&page)))
        return 0;
    fprintf(stderr, "%s is not what the table of checks says; write it anew: %s > %s\n", argv[1], argv[0],
            argv[1]);
    return 1;
}
