/* tests/conformance/config_cases.h - what the config tests share: the host facts of the recordings, files, and the
 * table of case and result. */
#ifndef CONFORMANCE_CONFIG_CASES_H
#define CONFORMANCE_CONFIG_CASES_H

#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "config/constants.h"
#include "config/load.h"
#include "reference.h"
#include <dirent.h>
#include <string.h>

/* Address of the recording host, by the family asked for (reference/host.json). */
static inline int recorded_address(void *arg, const char *wanted, char **out, struct cu_err *err)
{
    (void)arg;
    (void)err;
    *out = cu_strdup(strchr(wanted, ':') ? "fd00:88::41" : "10.88.0.41");
    return 0;
}

static inline struct cfg_load_options recorded_host(struct cu_strlist *warnings, struct cfg_errors *errors)
{
    struct cfg_load_options o = { 0 };
    o.host.hostname = "g1";
    o.host.choose_address = recorded_address;
    o.warnings = warnings;
    o.errors = errors;
    return o;
}

/* <reference>/<folder>/<name>/<file>; caller frees. file NULL: the folder. */
static inline char *case_path(const char *folder, const char *name, const char *file)
{
    return cu_asprintf("%s/%s/%s%s%s", reference_dir(), folder, name, file ? "/" : "", file ? file : "");
}

/* Text of a file of a case; NULL when it is not there. */
static inline char *case_text(const char *folder, const char *name, const char *file)
{
    cu_autofree char *path = case_path(folder, name, file);
    char *text = NULL;
    return cu_file_read(path, 16 << 20, &text, NULL, NULL) < 0 ? NULL : text;
}

static inline struct val *case_json(const char *folder, const char *name, const char *file)
{
    cu_autofree char *text = case_text(folder, name, file);
    struct val *v = NULL;
    if (text && codec_yaml_parse(text, strlen(text), &v, NULL) < 0)
        return NULL;
    return v;
}

/* Names in a folder of the reference, sorted. */
static inline void case_names(const char *folder, struct cu_strlist *out)
{
    cu_autofree char *path = cu_asprintf("%s/%s", reference_dir(), folder);
    DIR *d = opendir(path);
    const struct dirent *e;

    while (d && (e = readdir(d)))
        if (e->d_name[0] != '.')
            cu_strlist_add(out, e->d_name);
    if (d)
        closedir(d);
    cu_strlist_sort(out);
}

struct tally {
    int good, bad;
};

static inline void tell(struct tally *t, const char *name, const char *why) /* why NULL: as recorded */
{
    printf("%-4s %s%s%s\n", why ? "FAIL" : "ok", name, why ? ": " : "", why ? why : "");
    *(why ? &t->bad : &t->good) += 1;
}

static inline int end(const struct tally *t)
{
    printf("%d as recorded, %d not\n", t->good, t->bad);
    return t->bad || !t->good;
}

/* First line in which two texts differ, for a message; caller frees. NULL when they are equal. */
static inline char *difference(const char *want, const char *got)
{
    const char *w = want, *g = got;
    int line = 1;

    if (strcmp(want, got) == 0)
        return NULL;
    while (*w && *w == *g) {
        line += *w == '\n';
        w++;
        g++;
    }
    while (w > want && w[-1] != '\n') {
        w--;
        g--;
    }
    return cu_asprintf("line %d: want \"%.*s\", got \"%.*s\"", line, (int)strcspn(w, "\n"), w,
                       (int)strcspn(g, "\n"), g);
}

#endif
