/* cli/flag.h - flags as table rows, read the way upstream's flag library (pflag) reads them: "--name value",
 * "--name=value", "-v 5", "-v=5", "-v5", "--" ends the flags, flags and arguments may be mixed. Values land
 * in an options struct by offset. Source of the texts: spec init 1.5, operations 1.3. */
#ifndef CLI_FLAG_H
#define CLI_FLAG_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"
#include <stdbool.h>
#include <stdint.h>

/* The type of a flag, and of its field in the options struct. */
enum cli_type {
    CLI_BOOL,     /* bool; bare = true */
    CLI_INT32,    /* int32_t; decimal, 0x.., 0.. */
    CLI_STRING,   /* char *, owned, never NULL once defaults are set */
    CLI_STRINGS,  /* struct cu_strlist; CSV, repeatable, values accumulate */
    CLI_DURATION, /* int64_t nanoseconds */
    CLI_PAIRS,    /* struct cu_strlist of "key=value"; comma separated, repeatable */
    CLI_LEVEL,    /* int32_t log level */
};

struct cli_flag {
    const char *name;
    char shorthand; /* 0: none */
    enum cli_type type;
    size_t offset;    /* into the options struct */
    const char *dflt; /* text of the default; NULL: zero value */
    const char *bare; /* value when given without one; NULL: needs a value (bools: "true") */
    const char
        *usage; /* help; a word in `back quotes` names the value, and tells completion what it is: file,
                               path, socket, folder, phases */
    void (*offers)(
        struct cu_strlist *out); /* appends the values completion offers; NULL: those of that word */
    const char *deprecated;      /* notice printed on use; such a flag is left out of the help */
    bool hidden;
    bool required;   /* "required flag(s) \"x\" not set" */
    bool persistent; /* sub-commands have it too */
};

/* Flags one command understands: rows of several tables, with the struct each table's offsets point into. */
struct cli_flagset;
struct cli_flagset *cli_flagset_new(void);
void cli_flagset_free(struct cli_flagset *s); /* NULL is fine */
/* Borrows both; a name that is there already is kept as it is. */
void cli_flagset_add(struct cli_flagset *s, const struct cli_flag *f, void *base);
/* All flags sorted by name: `size_t i = 0; while ((f = cli_flagset_next(s, &i)))`. */
const struct cli_flag *cli_flagset_next(const struct cli_flagset *s, size_t *i);
const struct cli_flag *cli_flagset_find(const struct cli_flagset *s, const char *name);
const struct cli_flag *cli_flagset_find_short(const struct cli_flagset *s, char shorthand);
bool cli_flagset_given(const struct cli_flagset *s, const char *name);
bool cli_flag_needs_value(const struct cli_flag *f); /* "--name" alone is not enough */

/* Reads argv[0..n); positional arguments are appended to `args`. Deprecation notices go to `notice`.
 * CU_E_INVALID with upstream's text ("unknown flag: --x", "flag needs an argument: --x", ...). */
int cli_flagset_parse(struct cli_flagset *s, const char *const argv[], size_t n, struct cu_strlist *args,
                      FILE *notice, struct cu_err *err);
/* "\n\nDid you mean this?\n\t--dry-run\n" for a name no flag has, or "". (complete.c) */
void cli_flagset_suggest(const struct cli_flagset *s, const char *name, struct cu_buf *out);
/* CU_E_INVALID "required flag(s) \"a\", \"b\" not set". */
int cli_flagset_check_required(const struct cli_flagset *s, struct cu_err *err);

/* Sets the field of one flag from text; `first`: drop the default of a list. */
int cli_flag_set(const struct cli_flag *f, void *base, const char *text, bool first, struct cu_err *err);
/* Writes the defaults of a table into a zeroed struct; frees what its fields own. */
void cli_flags_defaults(const struct cli_flag *flags, size_t n, void *base);
void cli_flags_clear(const struct cli_flag *flags, size_t n, void *base);

#endif
