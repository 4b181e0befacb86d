/* Values that completion offers for flags, from the tables that read them. It must not know how a shell asks. */
#include "base/str.h"
#include "cli/commands.h"
#include "config/gates.h"
#include "phases/preflight.h"
#include <string.h>

void cli_offer_preflight_formats(struct cu_strlist *out)
{
    static const char *const formats[] = { "text", "json", "yaml" };
    for (size_t i = 0; i < CU_LEN(formats); i++)
        cu_strlist_add(out, formats[i]);
}

/* Lines of the help are "Name=true|false (...)". */
void cli_offer_gates(struct cu_strlist *out)
{
    cu_autostrlist struct cu_strlist lines = CU_STRLIST_INIT;
    cfg_gates_help(&lines);
    for (size_t i = 0; i < lines.n; i++) {
        int n = (int)strcspn(lines.v[i], "=");
        cu_strlist_addf(out, "%.*s=true", n, lines.v[i]);
        cu_strlist_addf(out, "%.*s=false", n, lines.v[i]);
    }
}

void cli_offer_checks(struct cu_strlist *out)
{
    cu_strlist_add(out, "all");
    for (size_t i = 0; i < ph_check_count; i++) {
        cu_autofree char *title = ph_check_title(&ph_check_table[i]);
        if (!strchr(title, '<')) /* known at run time only */
            cu_strlist_add_unique(out, title);
    }
}
