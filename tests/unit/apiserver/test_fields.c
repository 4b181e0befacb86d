/* Fitting objects to their types; the values field selectors compare; scalars. */
#include "test_util.h"

#include "apiserver/fields.h"
#include "apiserver/scalar.h"

static void fits(void **state)
{
    static const struct {
        const char *group, *version, *kind, *in, *out, *unknown;
    } cases[] = {
        /* nulls, empty optional values and unknown fields go; pointers keep zero; quantities and times are brought into form */
        { "", "v1", "Pod",
          "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'a','creationTimestamp':null,'labels':{},'x':1}"
          ","
          "'spec':{'hostNetwork':false,'terminationGracePeriodSeconds':0,'containers':[{'name':'c','imge':'x'"
          ",'tty':false,"
          "'resources':{'limits':{'cpu':0.5,'memory':'1024Mi','pods':2}},'env':[]}],'volumes':[{'name':'v','"
          "emptyDir':{}}]}}",
          "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'a'},'spec':{'terminationGracePeriodSeconds':0,"
          "'containers':"
          "[{'name':'c','resources':{'limits':{'cpu':'500m','memory':'1Gi','pods':'2'}}}],'volumes':[{'name':"
          "'v','emptyDir':{}}]}}",
          "metadata.x,spec.containers[0].imge" },
        { "coordination.k8s.io", "v1", "Lease", "{'spec':{'renewTime':'2026-11-23T06:55:46.9443161+01:00'}}",
          "{'spec':{'renewTime':'2026-11-23T05:55:46.944316Z'}}", "" },
        { "", "v1", "Event", "{'eventTime':null,'lastTimestamp':'2026-11-23T05:55:46.9Z','count':0}",
          "{'lastTimestamp':'2026-11-23T05:55:46Z'}", "" },
        { "", "v1", "Service",
          "{'spec':{'ports':[{'port':80,'targetPort':'http'},{'port':81,'targetPort':0}]}}",
          "{'spec':{'ports':[{'port':80,'targetPort':'http'},{'port':81,'targetPort':0}]}}", "" },
        { "", "v1", "ConfigMap", "{'data':{'a':null,'b':''},'binaryData':{'c':'AP8='},'extra':{'deep':[1]}}",
          "{'data':{'a':'','b':''},'binaryData':{'c':'AP8='}}", "extra" },
        /* inline parts, claims that name their kind, templates that may not */
        { "", "v1", "Pod",
          "{'spec':{'containers':[{'name':'c','livenessProbe':{'httpGet':{'port':1},'periodSeconds':0}}]}}",
          "{'spec':{'containers':[{'name':'c','livenessProbe':{'httpGet':{'port':1}}}]}}", "" },
        { "apps", "v1", "StatefulSet",
          "{'spec':{'volumeClaimTemplates':[{'kind':'PersistentVolumeClaim','apiVersion':'v1'}],"
          "'template':{'kind':'Pod'}}}",
          "{'spec':{'volumeClaimTemplates':[{'kind':'PersistentVolumeClaim','apiVersion':'v1'}],'template':{}"
          "}}",
          "spec.template.kind" },
        /* kinds without a schema are left alone */
        { "example.com", "v1", "Widget", "{'a':null}", "{'a':null}", "" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autostrlist struct cu_strlist unknown = CU_STRLIST_INIT;
        cu_autoval struct val *obj = tu_json(cases[i].in);
        if (api_conform(cases[i].group, cases[i].version, cases[i].kind, obj, &unknown, &err) < 0)
            fail_msg("case %zu: %s", i, cu_err_text(&err));
        tu_assert_json(obj, cases[i].out);
        cu_autofree char *names = cu_strlist_join(&unknown, ",");
        assert_string_equal(names, cases[i].unknown);
        /* Once fitted, always fitted. */
        assert_int_equal(api_conform(cases[i].group, cases[i].version, cases[i].kind, obj, NULL, &err), 0);
        tu_assert_json(obj, cases[i].out);
    }
}

static void wrong_kinds(void **state)
{
    static const struct {
        const char *kind, *in, *text;
    } cases[] = {
        { "Pod", "{'spec':{'hostNetwork':'yes'}}",
          "field \"spec.hostNetwork\" wants true or false, not string" },
        { "Pod", "{'spec':{'containers':{'name':'c'}}}", "field \"spec.containers\" wants a list, not map" },
        { "Pod", "{'spec':{'containers':['c']}}", "field \"spec.containers[0]\" wants a map, not string" },
        { "Pod", "{'spec':{'containers':[{'ports':[{'containerPort':4294967296}]}]}}",
          "field \"spec.containers[0].ports[0].containerPort\": 4294967296 does not fit in 32 bits" },
        { "Pod", "{'spec':{'terminationGracePeriodSeconds':1.5}}",
          "field \"spec.terminationGracePeriodSeconds\" wants an integer, not number" },
        { "ConfigMap", "{'data':{'a':1}}", "field \"data.a\" wants a string, not integer" },
        { "ConfigMap", "{'metadata':{'labels':['a']}}", "field \"metadata.labels\" wants a map, not list" },
        { "ConfigMap", "{'metadata':{'creationTimestamp':'yesterday'}}",
          "field \"metadata.creationTimestamp\": \"yesterday\" is no time like 2026-01-31T12:00:00Z" },
        { "ConfigMap", "{'kind':7}", "field \"kind\" wants a string, not integer" },
        { "Secret", "{'data':{'a':'%%%'}}", "field \"data.a\" is not valid base64" },
        { "ResourceQuota", "{'spec':{'hard':{'cpu':'two'}}}",
          "field \"spec.hard.cpu\": \"two\" is no quantity like 500m or 2Gi" },
        { "Service", "{'spec':{'ports':[{'targetPort':true}]}}",
          "field \"spec.ports[0].targetPort\" wants an integer, not bool" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoerr struct cu_err err = CU_ERR_INIT;
        cu_autoval struct val *obj = tu_json(cases[i].in);
        assert_int_equal(api_conform("", "v1", cases[i].kind, obj, NULL, &err), -CU_E_INVALID);
        assert_string_equal(cu_err_text(&err), cases[i].text);
        tu_assert_json(obj, cases[i].in);
    }
}

static void times(void **state)
{
    char out[API_TIME_MAX];
    (void)state;
    assert_true(api_time_normalize("2026-11-23T23:30:00.999-02:00", false, out));
    assert_string_equal(out, "2026-11-24T01:30:00Z");
    assert_true(api_time_normalize("1969-12-31T23:59:59.5Z", true, out));
    assert_string_equal(out, "1969-12-31T23:59:59.500000Z");
    assert_false(api_time_normalize("2026-11-23", false, out));
    assert_false(api_time_text(253402300800, out));
    assert_false(api_time_text(INT64_MIN, out));
    assert_false(api_microtime_text(0, 1000000, out));
    assert_int_equal(api_time_seconds(NULL, -7), -7);
    assert_int_equal(api_time_seconds("1970-01-01T00:01:00Z", 0), 60);
}

static void selectable(void **state)
{
    const struct api_resource *pods = api_resource_find("", "v1", "pods"),
                              *nodes = api_resource_find("", "v1", "nodes");
    const struct api_resource *jobs = api_resource_find("batch", "v1", "jobs");
    const struct api_resource *events = api_resource_find("", "v1", "events");
    static const char *const want[][2] = {
        { "metadata.name", "p" },       { "spec.nodeName", "n1" },     { "spec.host", "n1" },
        { "spec.hostNetwork", "true" }, { "status.phase", "Running" }, { "status.podIP", "" },
    };
    cu_autoval struct val *pod =
        tu_json("{'metadata':{'name':'p'},'spec':{'nodeName':'n1','hostNetwork':true},"
                "'status':{'phase':'Running'}}");
    (void)state;
    for (size_t i = 0; i < CU_LEN(want); i++) {
        cu_autofree char *text = api_field_text(pods, pod, want[i][0]);
        assert_string_equal(text, want[i][1]);
        assert_true(api_field_selectable(pods, want[i][0]));
    }
    assert_true(api_field_selectable(pods, "metadata.namespace"));
    assert_false(api_field_selectable(nodes, "metadata.namespace"));
    assert_false(api_field_selectable(pods, "spec.containers"));
    cu_autofree char *off = api_field_text(nodes, pod, "spec.unschedulable");
    assert_string_equal(off, "false");
    cu_autofree char *done = api_field_text(jobs, pod, "status.successful");
    assert_string_equal(done, "0");
    cu_autoval struct val *event = tu_json("{'source':{'component':'kubelet'}}");
    cu_autofree char *source = api_field_text(events, event, "source");
    assert_string_equal(source, "kubelet");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits),
        cmocka_unit_test(wrong_kinds),
        cmocka_unit_test(times),
        cmocka_unit_test(selectable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
