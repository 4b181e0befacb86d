/* The page docs/preflight.md, made of the table of checks. It must not know any check. */
#include "base/str.h"
#include "phases/preflight.h"

static const char head[] =
    "# Checks before init, join and upgrade\n"
    "\n"
    "Every check kubeadm makes before it changes anything. This page is written by the build from the table "
    "of\n"
    "checks (`src/phases/preflight_table.c`): `build/src/phases/preflight-docs > docs/preflight.md`.\n"
    "\n"
    "- An error ends the run, a warning does not. `--ignore-preflight-errors=NAME,...` makes errors of that "
    "name\n"
    "  warnings; `all` those of every check. Names compare without case.\n"
    "- `kubeadm init phase preflight -o json` (or `yaml`; join likewise) prints the findings as a list of "
    "maps with\n"
    "  `name`, `severity` (`error` or `warning`), `message` and `fix`, and nothing else on standard output. "
    "The exit\n"
    "  status is the usual one: 1 when there are errors.\n"
    "- `--fix-preflight` mends what the checks marked \"yes\" find: modules and kernel settings now and in\n"
    "  `/etc/modules-load.d/cubeadm.conf` and `/etc/sysctl.d/99-cubeadm.conf`, swap now and in `/etc/fstab` "
    "(which is\n"
    "  kept as `/etc/fstab.cubeadm-backup`), services by enabling and starting them. Every change is said "
    "before it is\n"
    "  made, with `--dry-run` only said. What is ignored by its name is left as it is.\n"
    "- With `--embedded` checks of container runtime and kubelet are left out, and some errors are "
    "warnings.\n"
    "\n"
    "| check | in | only if | `--embedded` | severity | looks at | finding | mending command | "
    "`--fix-preflight` |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";

static const struct {
    unsigned group;
    const char *words;
} groups[] = {
    { PH_CHECK_INIT | PH_CHECK_PULL, "init" },
    { PH_CHECK_JOIN_NODE | PH_CHECK_JOIN_CLUSTER, "join" },
    { PH_CHECK_JOIN_CONTROL | PH_CHECK_PULL, "join --control-plane" },
    { PH_CHECK_COREDNS | PH_CHECK_HEALTH, "upgrade plan" },
    { PH_CHECK_COREDNS | PH_CHECK_HEALTH | PH_CHECK_UPGRADE | PH_CHECK_PULL, "upgrade apply" },
    { PH_CHECK_UPGRADE | PH_CHECK_PULL, "upgrade node" },
};

static char *group_words(const struct ph_check *row)
{
    cu_autostrlist struct cu_strlist words = CU_STRLIST_INIT;
    if (row->groups & PH_CHECK_ROOT)
        return cu_strdup("init, join, reset, upgrade");
    for (size_t i = 0; i < CU_LEN(groups); i++)
        if (row->groups & groups[i].group)
            cu_strlist_add(&words, groups[i].words);
    return cu_strlist_join(&words, ", ");
}

/* Text as a cell: bars would end it, angle brackets be taken for HTML. */
static void cell(struct cu_buf *out, const char *text)
{
    cu_autofree char *bars = cu_replace(text, "|", "\\|"), *left = cu_replace(bars, "<", "&lt;");
    cu_buf_addf(out, " %s |", left);
}

static void code_cell(struct cu_buf *out, const char *text)
{
    cu_autofree char *bars = cu_replace(text, "|", "\\|");
    cu_buf_addf(out, " `%s` |", bars);
}

static void add_row(struct cu_buf *out, const struct ph_check *row)
{
    static const char *const embedded[] = { "same", "warning", "left out" };
    cu_autofree char *title = ph_check_title(row), *in = group_words(row),
                     *port = cu_asprintf("port %d", row->port);
    cu_buf_addc(out, '|');
    code_cell(out, title);
    cell(out, in);
    cell(out, row->when ? row->when->words : "");
    cell(out, embedded[row->embedded]);
    cell(out, row->severity == PH_CHECK_ERROR ? "error" : "warning");
    cell(out, row->reads ? row->reads : row->path ? row->path : port);
    cell(out, row->finding);
    cu_autofree char *with_path = row->path && row->fix ? cu_replace(row->fix, "<path>", row->path) : NULL;
    cell(out, cu_or(with_path, cu_or(row->fix, "")));
    cu_buf_addf(out, " %s |\n", row->mend ? "yes" : "");
}

void ph_checks_page(struct cu_buf *out)
{
    cu_buf_add(out, head);
    for (size_t i = 0; i < ph_check_count; i++)
        add_row(out, &ph_check_table[i]);
}
