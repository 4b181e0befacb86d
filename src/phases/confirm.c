/* One question with yes or no. It must not know what is asked about. */
#include "phases/confirm.h"
#include "base/str.h"
#include <string.h>

int ph_confirm(struct ph_ctx *c, const char *command, const char *flag, struct cu_err *err)
{
    char line[16] = "";
    fprintf(c->out, "[%s] Are you sure you want to proceed? [y/N]: ", command);
    fflush(c->out);
    bool closed = !fgets(line, sizeof(line), stdin);
    line[strcspn(line, "\r\n")] = '\0';
    if (closed)
        line[0] = '\0';
    if (cu_strcaseeq(line, "y") || cu_strcaseeq(line, "yes"))
        return 0;
    return cu_fail(err, CU_E_CANCELED, "aborted, nothing was changed%s; answer \"y\" or give %s to go on",
                   closed ? " (there is nobody to ask: standard input is closed)" : "", flag);
}
