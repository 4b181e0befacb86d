/* Objects on standard output in the format -o names. Must not know what is in them. */
#include "cli/output.h"
#include "base/limits.h"

int cli_output_printer(const struct cli_output *o, struct codec_printer **out, struct cu_err *err)
{
    const struct codec_print_options print = { .missing_keys_fail = !o->allow_missing_template_keys };
    int r = codec_printer_new(o->format, &print, out, err);
    if (r < 0)
        cu_wrap(err, "could not construct output printer");
    return r;
}

int cli_output_print(struct codec_printer *p, const struct val *object, FILE *out, struct cu_err *err)
{
    cu_autobuf struct cu_buf text = CU_BUF_INIT(LIM_TEXT);
    int r = codec_print(p, object, &text, err);
    if (r == 0)
        fputs(cu_buf_str(&text), out);
    return r;
}

struct val *cli_output_object(const char *kind)
{
    struct val *o = val_new_map();
    val_set_str(o, "kind", kind);
    val_set_str(o, "apiVersion", "output.kubeadm.k8s.io/v1alpha3");
    return o;
}
