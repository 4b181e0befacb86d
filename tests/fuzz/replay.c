/* Stands in for libFuzzer's main: runs the target once for every file in the folders named as arguments. */
#include "base/file.h"
#include <dirent.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int main(int argc, char **argv)
{
    unsigned files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        struct dirent *e;
        if (!dir)
            return 1;
        while ((e = readdir(dir)) != NULL) {
            cu_autofree char *path = cu_path_join(argv[i], e->d_name), *text = NULL;
            size_t n;
            if (e->d_name[0] == '.' || cu_file_read(path, 1 << 20, &text, &n, NULL) < 0)
                continue;
            LLVMFuzzerTestOneInput((const uint8_t *)text, n);
            files++;
        }
        closedir(dir);
    }
    printf("%u files\n", files);
    return files == 0;
}
