/* JSON patch, merge patch and strategic merge patch. */
#include "cm.h"
#include "base/file.h"
#include "codec/patch.h"

static void json_patch(void **state)
{
    static const struct {
        const char *doc, *patch, *want;
    } rows[] = {
        { "{'a':1}", "[{'op':'add','path':'/b','value':[1]}]", "{'a':1,'b':[1]}" },
        { "{'l':[1,2]}", "[{'op':'add','path':'/l/1','value':9}]", "{'l':[1,9,2]}" },
        { "{'l':[1,2]}", "[{'op':'add','path':'/l/-','value':9}]", "{'l':[1,2,9]}" },
        { "{'l':[1,2]}", "[{'op':'add','path':'/l/-1','value':9}]", "{'l':[1,2,9]}" },
        { "{'l':[1,2]}", "[{'op':'replace','path':'/l/-1','value':9}]", "{'l':[1,9]}" },
        { "{'l':[1,2]}", "[{'op':'remove','path':'/l/0'}]", "{'l':[2]}" },
        { "{'a/b':{'~':1}}", "[{'op':'replace','path':'/a~1b/~0','value':2}]", "{'a/b':{'~':2}}" },
        { "{'a':{'b':1}}", "[{'op':'move','from':'/a/b','path':'/c'}]", "{'a':{},'c':1}" },
        { "{'a':{'b':1}}", "[{'op':'copy','from':'/a','path':'/c'}]", "{'a':{'b':1},'c':{'b':1}}" },
        { "{'a':1}", "[{'op':'test','path':'/a','value':1},{'op':'test','path':'/z','value':null}]",
          "{'a':1}" },
        { "{'a':1}", "[{'op':'replace','path':'','value':{'b':2}}]", "{'b':2}" },
        { "{'a':1}", "[{'op':'replace','path':'/b','value':2}]", "{'a':1,'b':2}" },
        { "{'a':1}", "[{'op':'add','path':'/b~2~'}]", "{'a':1,'b~2~':null}" },
        { "{'a':1}", "[{'op':'copy','from':'/b','path':'/c'}]", "{'a':1,'c':null}" },
        { "{'':1,'a':2}", "[{'op':'replace','path':'/','value':{'x':0}}]", "{'':{'x':0},'a':2}" },
        { "{'l':[],'m':{}}", "[{'op':'replace','path':'/m/-1','value':2}]", "{'l':[],'m':{'-1':2}}" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autoval struct val *doc = json(rows[i].doc), *before = val_copy(doc), *patch = json(rows[i].patch);
        cu_autoval struct val *got = NULL;
        if (codec_patch_json(doc, patch, &got, &err) < 0)
            fail_msg("%s: %s", rows[i].patch, err.msg);
        assert_json(got, rows[i].want);
        assert_true(val_equal(doc, before));
    }
}

static void json_patch_refused(void **state)
{
    static const struct {
        const char *patch;
        int code;
    } rows[] = {
        { "{}", CU_E_INVALID },
        { "[{'op':'add','path':'a','value':1}]", CU_E_INVALID },
        { "[{'op':'nope','path':'/b'}]", CU_E_INVALID },
        { "[{'op':'move','path':'/b'}]", CU_E_INVALID },
        { "[{'path':'/b'}]", CU_E_INVALID },
        { "['x']", CU_E_INVALID },
        { "[{'op':'remove','path':'/zz'}]", CU_E_CONFLICT },
        { "[{'op':'remove','path':''}]", CU_E_CONFLICT },
        { "[{'op':'replace','path':'/l/2','value':1}]", CU_E_CONFLICT },
        { "[{'op':'replace','path':'/zz/y','value':1}]", CU_E_CONFLICT },
        { "[{'op':'remove','path':'/'}]", CU_E_CONFLICT },
        { "[{'op':'add','path':'/zz/y','value':1}]", CU_E_CONFLICT },
        { "[{'op':'add','path':'/l/3','value':1}]", CU_E_CONFLICT },
        { "[{'op':'add','path':'','value':{}}]", CU_E_CONFLICT },
        { "[{'op':'copy','from':'','path':'/b'}]", CU_E_CONFLICT },
        { "[{'op':'add','path':'/l/-4','value':1}]", CU_E_CONFLICT },
        { "[{'op':'add','path':'/l/99999999999999999999','value':1}]", CU_E_CONFLICT },
        { "[{'op':'replace','path':'/l/-','value':1}]", CU_E_CONFLICT },
        { "[{'op':'test','path':'/a','value':2}]", CU_E_CONFLICT },
        { "[{'op':'copy','from':'/zz/y','path':'/b'}]", CU_E_CONFLICT },
        { "[{'op':'move','from':'/m','path':'/m/n'}]", CU_E_CONFLICT },
        { "[{'op':'replace','path':'','value':3}]", CU_E_CONFLICT },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autoval struct val *doc = json("{'a':1,'l':[1,2],'m':{}}"), *patch = json(rows[i].patch);
        struct val *got = NULL;
        int rc = codec_patch_json(doc, patch, &got, &err);
        if (rc != -rows[i].code || !err.msg || got)
            fail_msg("%s: %d", rows[i].patch, rc);
        assert_json(doc, "{'a':1,'l':[1,2],'m':{}}");
    }
}

static void merge_patch(void **state)
{
    static const struct {
        const char *doc, *patch, *want;
    } rows[] = {
        { "{'a':'b','c':{'d':'e','f':'g'}}", "{'a':'z','c':{'f':null}}", "{'a':'z','c':{'d':'e'}}" },
        { "{'a':[1,2]}", "{'a':[3]}", "{'a':[3]}" },
        { "{'a':1}", "{'b':{'c':null,'d':{'e':null}}}", "{'a':1,'b':{'d':{}}}" },
        { "{'a':1}", "[1]", "[1]" },
        { "[1]", "{'a':{'b':1}}", "{'a':{'b':1}}" },
        { "{'e':null}", "{'a':1}", "{'e':null,'a':1}" },
        { "{'a':'x'}", "{'a':{'b':1}}", "{'a':{'b':1}}" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoval struct val *doc = json(rows[i].doc), *patch = json(rows[i].patch), *got = NULL;
        codec_patch_merge(doc, patch, &got);
        assert_json(got, rows[i].want);
        assert_json(doc, rows[i].doc);
    }
}

static const char *const pod_doc =
    "{'metadata':{'labels':{'a':'1','b':'2'},'finalizers':['f1','f2']},"
    "'spec':{'containers':[{'name':'x','image':'i','args':['p','q'],'ports':[{'containerPort':80,'name':'h'}]"
    "},"
    "{'name':'y'}],'tolerations':[{'key':'t'}],'volumes':[{'name':'v','hostPath':{'path':'/v'}}]}}";

static void strategic(void **state)
{
    static const struct {
        const char *patch, *path, *want;
    } rows[] = {
        { "{'metadata':{'labels':{'a':null,'c':'3'}}}", "/metadata/labels", "{'b':'2','c':'3'}" },
        { "{'metadata':{'finalizers':['f3','f1']}}", "/metadata/finalizers", "['f3','f1','f2']" },
        { "{'metadata':{'$deleteFromPrimitiveList/finalizers':['f1']}}", "/metadata/finalizers", "['f2']" },
        { "{'metadata':{'$setElementOrder/finalizers':['f2','f1']}}", "/metadata/finalizers", "['f2','f1']" },
        { "{'spec':{'tolerations':[{'key':'n'}]}}", "/spec/tolerations", "[{'key':'n'}]" },
        { "{'spec':{'containers':[{'name':'y','image':'new'}]}}", "/spec/containers/1",
          "{'name':'y','image':'new'}" },
        { "{'spec':{'containers':[{'name':'z','env':[{'name':'e','value':null}]}]}}", "/spec/containers/0",
          "{'name':'z','env':[{'name':'e'}]}" },
        { "{'spec':{'containers':[{'name':'x','args':['r']}]}}", "/spec/containers/0/args", "['r']" },
        { "{'spec':{'containers':[{'name':'x','ports':[{'containerPort':80,'name':'k'},{'containerPort':81}]}"
          "]}}",
          "/spec/containers/0/ports", "[{'containerPort':80,'name':'k'},{'containerPort':81}]" },
        { "{'spec':{'containers':[{'$patch':'delete','name':'x'}]}}", "/spec/containers", "[{'name':'y'}]" },
        { "{'spec':{'containers':[{'$patch':'replace'},{'name':'only'}]}}", "/spec/containers",
          "[{'name':'only'}]" },
        { "{'spec':{'$setElementOrder/"
          "containers':[{'name':'y'},{'name':'x'}],'containers':[{'name':'x','image':'j'}]}}",
          "/spec/containers/1/image", "'j'" },
        { "{'spec':{'volumes':[{'name':'v','$retainKeys':['name','emptyDir'],'emptyDir':{}}]}}",
          "/spec/volumes", "[{'name':'v','emptyDir':{}}]" },
        { "{'spec':{'$patch':'replace','x':1}}", "/spec", "{'x':1}" },
        { "{'metadata':{'labels':{'$patch':'delete'}}}", "/metadata/labels", "{}" },
        { "{'spec':{'containers':[{'name':'x','image':{'odd':1}}]}}", "/spec/containers/0/image",
          "{'odd':1}" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autoval struct val *doc = json(pod_doc), *patch = json(rows[i].patch), *got = NULL;
        if (codec_patch_strategic(doc, patch, codec_merge_lookup("v1", "Pod"), &got, &err) < 0)
            fail_msg("%s: %s", rows[i].patch, err.msg);
        const struct val *at = got;
        char path[64];
        snprintf(path, sizeof path, "%s", rows[i].path + 1);
        for (char *save, *step = strtok_r(path, "/", &save); step; step = strtok_r(NULL, "/", &save))
            at = val_is_list(at) ? val_at(at, (size_t)atoi(step)) : val_get(at, step);
        assert_json(at, rows[i].want);
        assert_json(doc, pod_doc);
    }
}

/* Every list that merges under --patches, by its key, and lists that do not (spec config 20.5). */
static void strategic_by_key(void **state)
{
    static const struct {
        const char *kind, *doc, *patch, *want;
    } rows[] = {
        { "Pod", "{'spec':{'hostAliases':[{'ip':'1','hostnames':['a']}]}}",
          "{'spec':{'hostAliases':[{'ip':'1','hostnames':['b']},{'ip':'2'}]}}",
          "{'spec':{'hostAliases':[{'ip':'1','hostnames':['b']},{'ip':'2'}]}}" },
        { "Pod", "{'spec':{'topologySpreadConstraints':[{'topologyKey':'z','maxSkew':1}]}}",
          "{'spec':{'topologySpreadConstraints':[{'topologyKey':'z','maxSkew':2}]}}",
          "{'spec':{'topologySpreadConstraints':[{'topologyKey':'z','maxSkew':2}]}}" },
        { "Pod", "{'spec':{'imagePullSecrets':[{'name':'a'}],'schedulingGates':[{'name':'g'}]}}",
          "{'spec':{'imagePullSecrets':[{'name':'b'}],'schedulingGates':[{'name':'g'}]}}",
          "{'spec':{'imagePullSecrets':[{'name':'b'},{'name':'a'}],'schedulingGates':[{'name':'g'}]}}" },
        { "Pod", "{'spec':{'containers':[{'name':'c','volumeDevices':[{'devicePath':'/a','name':'x'}]}]}}",
          "{'spec':{'containers':[{'name':'c','volumeDevices':[{'devicePath':'/a','name':'y'}]}]}}",
          "{'spec':{'containers':[{'name':'c','volumeDevices':[{'devicePath':'/a','name':'y'}]}]}}" },
        { "Pod", "{'spec':{'containers':[{'name':'c','volumeMounts':[{'mountPath':'/a','name':'x'}]}]}}",
          "{'spec':{'containers':[{'name':'c','volumeMounts':[{'mountPath':'/a','readOnly':true},"
          "{'mountPath':'/b','name':'y'}]}]}}",
          "{'spec':{'containers':[{'name':'c','volumeMounts':[{'mountPath':'/a','name':'x','readOnly':true},"
          "{'mountPath':'/b','name':'y'}]}]}}" },
        { "Pod", "{'spec':{'initContainers':[{'name':'i','command':['a','b']}]}}",
          "{'spec':{'initContainers':[{'name':'i','command':['c']}]}}",
          "{'spec':{'initContainers':[{'name':'i','command':['c']}]}}" },
        { "Pod", "{'spec':{'tolerations':[{'key':'a'},{'key':'b'}]}}",
          "{'spec':{'tolerations':[{'key':'c'}]}}", "{'spec':{'tolerations':[{'key':'c'}]}}" },
        { "Pod", "{'metadata':{'finalizers':['a','b'],'ownerReferences':[{'uid':'1','name':'x'}]}}",
          "{'metadata':{'finalizers':['b','c'],'ownerReferences':[{'uid':'1','name':'y'}]}}",
          "{'metadata':{'finalizers':['a','b','c'],'ownerReferences':[{'uid':'1','name':'y'}]}}" },
        { "Pod", "{'metadata':{'finalizers':['a','b','c']}}",
          "{'metadata':{'$deleteFromPrimitiveList/finalizers':['b'],'$setElementOrder/"
          "finalizers':['c','a']}}",
          "{'metadata':{'finalizers':['c','a']}}" },
        { "Pod", "{'metadata':{'labels':{'a':'1','b':'2'}}}", "{'metadata':{'labels':{'a':null,'c':'3'}}}",
          "{'metadata':{'labels':{'b':'2','c':'3'}}}" },
        { "Pod", "{'spec':{'hostNetwork':true}}",
          "{'spec':{'dnsConfig':{'options':null,'x':{'$patch':'delete'}}}}",
          "{'spec':{'hostNetwork':true,'dnsConfig':{'x':{}}}}" },
        { "Pod", "{'spec':{'volumes':[{'name':'v','hostPath':{'path':'/a'}},{'name':'w'}]}}",
          "{'spec':{'volumes':[{'name':'v','$patch':'delete'},{'name':'n'}]}}",
          "{'spec':{'volumes':[{'name':'n'},{'name':'w'}]}}" },
        { "Deployment", "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':1}}}}",
          "{'spec':{'strategy':{'$retainKeys':['type'],'type':'Recreate'}}}",
          "{'spec':{'strategy':{'type':'Recreate'}}}" },
        { "Deployment", "{'spec':{'template':{'spec':{'containers':[{'name':'coredns','args':['x']}]}}}}",
          "{'spec':{'replicas':3,'template':{'spec':{'containers':[{'name':'coredns','env':[{'name':'E'}]}]}}"
          "}}",
          "{'spec':{'replicas':3,'template':{'spec':{'containers':[{'name':'coredns','args':['x'],'env':"
          "[{'name':'E'}]}]}}}}" },
        { "KubeletConfiguration",
          "{'clusterDNS':['a'],'evictionHard':{'a':'1'},'authentication':{'x509':{'f':1}}}",
          "{'clusterDNS':['b'],'evictionHard':{'b':'2'},'authentication':{'x509':{'f':null,'g':2}}}",
          "{'clusterDNS':['b'],'evictionHard':{'a':'1','b':'2'},'authentication':{'x509':{'g':2}}}" },
        { "KubeletConfiguration", "{'evictionHard':{'a':'1'}}",
          "{'evictionHard':{'$patch':'replace','b':'2'}}", "{'evictionHard':{'b':'2'}}" },
        { "KubeletConfiguration", "{'registerWithTaints':[{'key':'a'}]}",
          "{'registerWithTaints':[{'key':'b'}]}", "{'registerWithTaints':[{'key':'b'}]}" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        const char *api = strcmp(rows[i].kind, "Pod") == 0 ? "v1" : "apps/v1";
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autoval struct val *doc = json(rows[i].doc), *patch = json(rows[i].patch), *got = NULL;
        if (codec_patch_strategic(doc, patch, codec_merge_lookup(api, rows[i].kind), &got, &err) < 0)
            fail_msg("%s: %s", rows[i].patch, err.msg);
        assert_json(got, rows[i].want);
    }
}

static void strategic_refused(void **state)
{
    static const char *const rows[] = {
        "[]",
        "{'spec':{'containers':[{'image':'nameless'}]}}",
        "{'spec':{'containers':['text']}}",
        "{'spec':{'containers':[{'$patch':'delete'}]}}",
        "{'spec':{'containers':[{'$patch':'odd','name':'x'}]}}",
        "{'spec':{'$patch':'odd'}}",
        "{'spec':{'$patch':7}}",
        "{'spec':{'$retainKeys':['volumes'],'hostNetwork':true}}",
        "{'spec':{'$retainKeys':'volumes'}}",
        "{'spec':{'$setElementOrder/containers':[{'name':'x'}],'containers':[{'name':'y'}]}}",
        "{'spec':{'$setElementOrder/containers':'x','containers':[{'name':'y'}]}}",
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(rows); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autoval struct val *doc = json(pod_doc), *patch = json(rows[i]), *got = NULL;
        int rc = codec_patch_strategic(doc, patch, codec_merge_lookup("v1", "Pod"), &got, &err);
        if (rc != -CU_E_INVALID || !err.msg || got)
            fail_msg("%s: %d", rows[i], rc);
    }
}

static void order_of_merged_lists(void **state)
{
    (void)state;
    const struct codec_merge_type *type = codec_merge_lookup("v1", "Service");
    cu_autoval struct val *doc = json("{'spec':{'ports':[{'port':1},{'port':2},{'port':3}]}}");
    cu_autoval struct val *patch = json("{'spec':{'ports':[{'port':9},{'port':2,'n':0}]}}"), *got = NULL;
    assert_int_equal(codec_patch_strategic(doc, patch, type, &got, NULL), 0);
    assert_json(got, "{'spec':{'ports':[{'port':9},{'port':1},{'port':2,'n':0},{'port':3}]}}");
}

static void lookup(void **state)
{
    (void)state;
    assert_non_null(codec_merge_lookup("apps/v1", "Deployment"));
    assert_non_null(codec_merge_lookup("rbac.authorization.k8s.io/v1", "ClusterRole"));
    assert_null(codec_merge_lookup("v1", "Pods"));
    assert_null(codec_merge_lookup("v", "1.Pod"));
    assert_null(codec_merge_lookup(NULL, "Pod"));
    cu_autoval struct val *doc = json("{'l':[1],'m':{'a':1}}"), *patch = json("{'l':[2],'m':{'b':2}}"),
                          *got = NULL;
    assert_int_equal(codec_patch_strategic(doc, patch, NULL, &got, NULL), 0);
    assert_json(got, "{'l':[2],'m':{'a':1,'b':2}}");
}

/* patches.json: what kubectl 1.33 made of one Pod. In a row: kind of patch, patch, merge patch from the Pod to the
 * result; null where it refused. */
static int apply(const char *kind, const struct val *doc, const struct val *patch, struct val **out,
                 struct cu_err *err)
{
    if (strcmp(kind, "json") == 0)
        return codec_patch_json(doc, patch, out, err);
    if (strcmp(kind, "strategic") == 0)
        return codec_patch_strategic(doc, patch, codec_merge_lookup("v1", "Pod"), out, err);
    codec_patch_merge(doc, patch, out);
    return 0;
}

static int check_row(const struct val *doc, const struct val *row)
{
    cu_autoerr struct cu_err err = CU_ERR_INIT;
    cu_autoval struct val *got = NULL, *want = NULL;
    const struct val *change = val_at(row, 2);
    int rc = apply(val_str(val_at(row, 0)), doc, val_at(row, 1), &got, &err);
    codec_patch_merge(doc, change, &want);
    if (val_is_map(change) ? rc == 0 && val_equal(got, want) : rc < 0 && err.msg)
        return 0;
    cu_autofree char *patch = val_dump_json(val_at(row, 1), 0), *result = val_dump_json(got, 0);
    print_error("%s %s\n  got %s\n", val_str(val_at(row, 0)), patch, rc < 0 ? err.msg : result);
    return 1;
}

static void as_kubectl(void **state)
{
    cu_autofree char *text = NULL;
    cu_autoval struct val *all = NULL;
    size_t n;
    int wrong = 0;
    (void)state;
    assert_int_equal(cu_file_read(DATA "/patches.json", 1 << 20, &text, &n, NULL), 0);
    assert_int_equal(val_parse_json(text, n, &all, NULL), 0);
    const struct val *rows = val_get(all, "rows");
    assert_true(val_len(rows) > 200);
    for (size_t i = 0; i < val_len(rows); i++)
        wrong += check_row(val_get(all, "object"), val_at(rows, i));
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_kubectl),
        cmocka_unit_test(json_patch),
        cmocka_unit_test(json_patch_refused),
        cmocka_unit_test(merge_patch),
        cmocka_unit_test(strategic),
        cmocka_unit_test(strategic_by_key),
        cmocka_unit_test(strategic_refused),
        cmocka_unit_test(order_of_merged_lists),
        cmocka_unit_test(lookup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
