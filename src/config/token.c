/* Bootstrap tokens: form, groups, making one (spec config 4).
 * Must not know where tokens are stored. */
#include "base/random.h"
#include "base/str.h"
#include "config/validate.h"
#include <string.h>

#define ID_LEN 6
#define SECRET_LEN 16
#define ALPHABET "0123456789abcdefghijklmnopqrstuvwxyz"
#define GROUP_PREFIX "system:bootstrappers:"
#define GROUP_REST_MAX 256

bool cfg_is_token_id(const char *s)
{
    return strspn(s, ALPHABET) == ID_LEN && s[ID_LEN] == '\0';
}

bool cfg_is_token(const char *s)
{
    return strspn(s, ALPHABET) == ID_LEN && s[ID_LEN] == '.' &&
           strspn(s + ID_LEN + 1, ALPHABET) == SECRET_LEN && s[ID_LEN + 1 + SECRET_LEN] == '\0';
}

char *cfg_new_token(void)
{
    char *token = cu_malloc(ID_LEN + 1 + SECRET_LEN + 1);

    cu_random_text(token, ID_LEN, ALPHABET);
    token[ID_LEN] = '.';
    cu_random_text(token + ID_LEN + 1, SECRET_LEN, ALPHABET);
    return token;
}

bool cfg_is_token_group(const char *s)
{
    if (!cu_has_prefix(s, GROUP_PREFIX))
        return false;
    s += strlen(GROUP_PREFIX);
    size_t n = strspn(s, ALPHABET ":-");
    return n > 0 && n <= GROUP_REST_MAX && s[n] == '\0' && s[n - 1] != ':' && s[n - 1] != '-';
}
