/* What cmocka needs to be included with. */
#ifndef KUBE_TESTS_H
#define KUBE_TESTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#endif
