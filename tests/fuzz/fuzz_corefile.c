/* Input: a Corefile. What is printed must read as what was read, and no version may bring the migration down. */
#include "base/mem.h"
#include "base/str.h"
#include "manifests/addons.h"
#include "manifests/corefile.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const from[] = { "1.1.3", "1.4.0", "1.7.1" };
    cu_autofree char *text = cu_strndup((const char *)data, n), *printed = NULL;
    cu_autoval struct val *first = NULL, *second = NULL;
    (void)mf_corefile_is_default(text);
    if (mf_corefile_parse(text, &first, NULL) < 0)
        return 0;
    printed = mf_corefile_text(first);
    if (!printed)
        return 0; /* longer than a text may be */
    if (mf_corefile_parse(printed, &second, NULL) < 0 || !val_equal(first, second))
        abort();
    for (size_t i = 0; i < CU_LEN(from); i++) {
        cu_autofree char *now = NULL;
        (void)mf_corefile_migrate(text, from[i], "1.14.2", &now, NULL);
    }
    return 0;
}
