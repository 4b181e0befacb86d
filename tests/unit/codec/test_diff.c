/* Unified differences; what is wanted was made with Python's difflib. */
#include "cm.h"
#include "base/limits.h"
#include "codec/diff.h"

static const struct {
    const char *name, *from, *to;
    size_t context;
    const char *want;
} cases[] = {
    { "one line", "a\nb\nc\n", "a\nx\nc\n", 0, "--- old\n+++ new\n@@ -2 +2 @@\n-b\n+x\n" },
    { "at both ends", "a\nb\nc\nd\n", "z\nb\nc\n", 0,
      "--- old\n+++ new\n@@ -1 +1 @@\n-a\n+z\n@@ -4 +3,0 @@\n-d\n" },
    { "added", "a\nc\n", "a\nb\nc\n", 1, "--- old\n+++ new\n@@ -1,2 +1,3 @@\n a\n+b\n c\n" },
    { "removed all", "a\nb\n", "", 3, "--- old\n+++ new\n@@ -1,2 +0,0 @@\n-a\n-b\n" },
    { "from nothing", "", "a\nb\n", 3, "--- old\n+++ new\n@@ -0,0 +1,2 @@\n+a\n+b\n" },
    { "near changes share a hunk", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\nx\n3\n4\n5\ny\n7\n8\n9\n", 3,
      "--- old\n+++ new\n@@ -1,9 +1,9 @@\n 1\n-2\n+x\n 3\n 4\n 5\n-6\n+y\n 7\n 8\n 9\n" },
    { "far changes do not", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\nx\n3\n4\n5\n6\n7\ny\n9\n", 1,
      "--- old\n+++ new\n@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n@@ -7,3 +7,3 @@\n 7\n-8\n+y\n 9\n" },
    { "repeated lines", "a\na\nb\na\na\n", "a\nb\na\na\na\n", 0,
      "--- old\n+++ new\n@@ -1 +0,0 @@\n-a\n@@ -5,0 +5 @@\n+a\n" },
    { "moved", "a\nb\nc\nd\ne\n", "c\nd\ne\na\nb\n", 1,
      "--- old\n+++ new\n@@ -1,3 +1 @@\n-a\n-b\n c\n@@ -5 +3,3 @@\n e\n+a\n+b\n" },
    { "equal", "a\n", "a\n", 3, "" },
};

static void all_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autobuf struct cu_buf out = CU_BUF_INIT(LIM_TEXT);
        const struct codec_diff d = { "old", "new", cases[i].from, cases[i].to, cases[i].context };
        codec_diff_unified(&d, &out);
        if (strcmp(cu_buf_str(&out), cases[i].want) != 0)
            fail_msg("%s: wanted\n%s\ngot\n%s", cases[i].name, cases[i].want, cu_buf_str(&out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(all_cases) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
