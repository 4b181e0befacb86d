/* Reads YAML files recorded from upstream and writes them again: the bytes must be the same.
 * Prints one line per file. */
#include "base/err.h"
#include "base/file.h"
#include "base/limits.h"
#include "codec/yaml.h"
#include "reference.h"
#include <glob.h>
#include <string.h>

/* Recorded text of several documents is joined by lines "---". */
static char *dump_all(const struct codec_docs *docs)
{
    char *text = cu_strdup("");
    for (size_t i = 0; i < docs->n; i++) {
        cu_autofree char *before = text;
        cu_autofree char *one = codec_yaml_dump(docs->v[i].root, CODEC_YAML_SORT);
        text = cu_asprintf("%s%s%s", before, i > 0 ? "---\n" : "", one);
    }
    return text;
}

static void show_difference(const char *want, const char *got)
{
    size_t i = 0;
    while (want[i] && want[i] == got[i])
        i++;
    size_t from = i > 60 ? i - 60 : 0;
    printf("  want ...%.120s\n  got  ...%.120s\n", want + from, got + from);
}

static bool same(const char *path)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    codec_autodocs struct codec_docs docs = CODEC_DOCS_INIT;
    cu_autofree char *text = NULL;
    size_t n;
    if (cu_file_read(path, LIM_CONFIG_FILE, &text, &n, &err) < 0 ||
        codec_yaml_read(text, n, CODEC_YAML_NO_DUPS, &docs, &err) < 0) {
        printf("FAIL %s: %s\n", path, cu_err_text(&err));
        return false;
    }
    cu_autofree char *again = dump_all(&docs);
    bool ok = strcmp(text, again) == 0;
    printf("%s %s\n", ok ? "ok  " : "FAIL", path);
    if (!ok)
        show_difference(text, again);
    return ok;
}

int main(void)
{
    static const char *const patterns[] = {
        "config-print/defaults/*.yaml",
        "config-print/migrate/*/new.yaml",
        "config-print/images/*/out.yaml",
        "cases/*/expected/manifests/*.yaml",
    };
    const char *dir = reference_dir();
    size_t files = 0, failed = 0;
    for (size_t i = 0; i < CU_LEN(patterns); i++) {
        cu_autofree char *pattern = cu_path_join(dir, patterns[i]);
        glob_t found;
        if (glob(pattern, 0, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc; k++, files++)
            failed += !same(found.gl_pathv[k]);
        globfree(&found);
    }
    printf("%zu files, %zu differ\n", files, failed);
    return failed > 0 || files == 0;
}
