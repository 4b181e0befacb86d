/* Tables: the cells kubectl prints. */
#include "test_util.h"

#include "apiserver/table.h"

#define NOW 1795413600000 /* 2026-11-23T06:00:00Z */

static void cells(void **state)
{
    static const struct {
        const char *group, *resource, *obj, *cells;
    } cases[] = {
        { "", "nodes",
          "{'metadata':{'name':'a1','creationTimestamp':'2026-11-23T05:55:36Z','labels':{'node-role."
          "kubernetes.io/control-plane':'',"
          "'kubernetes.io/"
          "role':'etcd','a':'b'}},'spec':{'unschedulable':true},'status':{'conditions':[{'type':'Ready','"
          "status':'True'}],"
          "'addresses':[{'type':'InternalIP','address':'10.0.0.1'}],'nodeInfo':{'kubeletVersion':'v1.36.2','"
          "osImage':'Debian',"
          "'kernelVersion':'6.1','architecture':'amd64','containerRuntimeVersion':'cubeplane://0.1'}}}",
          "['a1','Ready,SchedulingDisabled','control-plane,etcd','4m24s','v1.36.2','10.0.0.1','<none>','"
          "Debian','6.1 (amd64)',"
          "'cubeplane://0.1']" },
        { "", "nodes", "{'metadata':{'name':'a2'}}",
          "['a2','Unknown','<none>','<unknown>','','<none>','<none>','<unknown>','<unknown>','<unknown>']" },
        { "", "configmaps", "{'metadata':{'name':'c'},'data':{'a':'','b':''},'binaryData':{'c':''}}",
          "['c',3,'<unknown>']" },
        { "", "secrets", "{'metadata':{'name':'s'},'type':'Opaque'}", "['s','Opaque',0,'<unknown>']" },
        { "", "namespaces", "{'metadata':{'name':'n'},'status':{'phase':'Active'}}",
          "['n','Active','<unknown>']" },
        { "", "services",
          "{'metadata':{'name':'kubernetes'},'spec':{'type':'ClusterIP','clusterIP':'10.96.0.1','clusterIPs':"
          "['10.96.0.1'],"
          "'ports':[{'port':443,'protocol':'TCP'},{'port':53,'nodePort':30053,'protocol':'UDP'}]}}",
          "['kubernetes','ClusterIP','10.96.0.1','<none>','443/TCP,53:30053/UDP','<unknown>','<none>']" },
        { "", "services",
          "{'metadata':{'name':'l'},'spec':{'type':'LoadBalancer','clusterIP':'None','selector':{'b':'2','a':"
          "'1'}}}",
          "['l','LoadBalancer','None','<pending>','<none>','<unknown>','a=1,b=2']" },
        { "", "endpoints",
          "{'metadata':{'name':'e'},'subsets':[{'addresses':[{'ip':'10.0.0.1'},{'ip':'fd00::1'}],'ports':[{'"
          "port':1},{'port':2}]}]}",
          "['e','10.0.0.1:1,[fd00::1]:1,10.0.0.1:2 + 1 more...','<unknown>']" },
        { "discovery.k8s.io", "endpointslices",
          "{'metadata':{'name':'s'},'addressType':'IPv4','endpoints':[{'addresses':['10.0.0.1']}],'ports':[{'"
          "port':6443},{'name':'x'},{}]}",
          "['s','IPv4','6443,x,*','10.0.0.1','<unknown>']" },
        { "apps", "deployments",
          "{'metadata':{'name':'d'},'spec':{'replicas':2,'selector':{'matchLabels':{'k8s-app':'kube-dns'},'"
          "matchExpressions':"
          "[{'key':'x','operator':'In','values':['1','2']},{'key':'y','operator':'DoesNotExist'}]},"
          "'template':{'spec':{'containers':[{'name':'a','image':'i1'},{'name':'b','image':'i2'}]}}},'status'"
          ":{'readyReplicas':1,'updatedReplicas':2}}",
          "['d','1/2',2,'0','<unknown>','a,b','i1,i2','!y,k8s-app=kube-dns,x in (1,2)']" },
        { "apps", "daemonsets",
          "{'metadata':{'name':'d'},'status':{'desiredNumberScheduled':3,'numberReady':1}}",
          "['d',3,0,1,0,0,'<none>','<unknown>','','','<none>']" },
        { "batch", "jobs",
          "{'metadata':{'name':'j'},'spec':{'completions':2},'status':{'succeeded':2,'startTime':'2026-11-"
          "23T05:00:00Z',"
          "'completionTime':'2026-11-23T05:01:05Z','conditions':[{'type':'Complete','status':'True'}]}}",
          "['j','Complete','2/2','65s','<unknown>','','','<none>']" },
        { "batch", "jobs", "{'metadata':{'name':'j'},'spec':{'parallelism':3}}",
          "['j','Running','0/1 of 3','','<unknown>','','','<none>']" },
        { "certificates.k8s.io", "certificatesigningrequests",
          "{'metadata':{'name':'csr-x'},'spec':{'signerName':'kubernetes.io/"
          "kubelet-serving','username':'system:node:a','expirationSeconds':3600},"
          "'status':{'certificate':'QQ==','conditions':[{'type':'Approved','status':'True'}]}}",
          "['csr-x','<unknown>','kubernetes.io/kubelet-serving','system:node:a','60m','Approved,Issued']" },
        { "coordination.k8s.io", "leases", "{'metadata':{'name':'l'},'spec':{'holderIdentity':'a2'}}",
          "['l','a2','<unknown>']" },
        { "", "events",
          "{'metadata':{'name':'e'},'involvedObject':{'kind':'Pod','name':'p','fieldPath':'spec.containers{c}"
          "'},'type':'Normal',"
          "'reason':'Pulled','message':' got "
          "it\\n','source':{'component':'kubelet','host':'a2'},'lastTimestamp':'2026-11-23T05:59:00Z',"
          "'firstTimestamp':'2026-11-23T04:00:00Z','count':4}",
          "['60s','Normal','Pulled','pod/p','spec.containers{c}','kubelet, a2','got it','120m',4,'e']" },
        { "rbac.authorization.k8s.io", "rolebindings",
          "{'metadata':{'name':'r'},'roleRef':{'kind':'Role','name':'x'},'subjects':[{'kind':'User','name':'"
          "u'},{'kind':'Group','name':'g'},"
          "{'kind':'ServiceAccount','namespace':'n','name':'s'},{'kind':'User','name':'v'}]}",
          "['r','Role/x','<unknown>','u, v','g','n/s']" },
        { "rbac.authorization.k8s.io", "roles",
          "{'metadata':{'name':'r','creationTimestamp':'2026-11-23T05:55:36Z'}}",
          "['r','2026-11-23T05:55:36Z']" },
        { "scheduling.k8s.io", "priorityclasses",
          "{'metadata':{'name':'p'},'value':7,'preemptionPolicy':'Never'}",
          "['p',7,false,'<unknown>','Never']" },
        { "storage.k8s.io", "csinodes", "{'metadata':{'name':'a'},'spec':{'drivers':[{}]}}",
          "['a',1,'<unknown>']" },
        { "", "resourcequotas",
          "{'metadata':{'name':'q'},'status':{'hard':{'pods':'3','limits.cpu':'2','cpu':'1'},'used':{'cpu':'"
          "500m'}}}",
          "['q','cpu: 500m/1, pods: 0/3','limits.cpu: 0/2','<unknown>']" },
        { "networking.k8s.io", "ingresses",
          "{'metadata':{'name':'i'},'spec':{'tls':[{}],'rules':[{'host':'a'},{'host':'b'}]}}",
          "['i','<none>','a,b','','80, 443','<unknown>']" },
    };
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        const struct api_resource *r = api_resource_find(cases[i].group, "v1", cases[i].resource);
        assert_non_null(r);
        cu_autoval struct val *obj = tu_json(cases[i].obj), *table = api_table_new(r, true);
        api_table_add(table, r, obj, API_INCLUDE_NONE, NOW);
        tu_assert_json(val_get(val_at(val_get(table, "rows"), 0), "cells"), cases[i].cells);
    }
}

/* Ready, Status and Restarts of pods. */
static void pod_words(void **state)
{
    static const struct {
        const char *pod, *ready, *status, *restarts;
    } cases[] = {
        { "{'spec':{'containers':[{'name':'c'}]},'status':{'phase':'Pending'}}", "0/1", "Pending", "0" },
        { "{'spec':{'containers':[{'name':'c'}]},'status':{'phase':'Running','containerStatuses':[{'name':'c'"
          ",'ready':true,"
          "'restartCount':2,'state':{'running':{}},'lastState':{'terminated':{'finishedAt':'2026-11-23T05:59:"
          "00Z'}}}]}}",
          "1/1", "Running", "2 (60s ago)" },
        { "{'spec':{'containers':[{'name':'c'}]},'status':{'phase':'Running','containerStatuses':[{'name':'c'"
          ",'restartCount':9,"
          "'state':{'waiting':{'reason':'CrashLoopBackOff'}}}]}}",
          "0/1", "CrashLoopBackOff", "9" },
        { "{'spec':{'containers':[{'name':'c'}]},'status':{'phase':'Failed','containerStatuses':[{'name':'c',"
          "'state':{'terminated':{'exitCode':137,'signal':9}}}]}}",
          "0/1", "Signal:9", "0" },
        { "{'spec':{'containers':[{'name':'c'}]},'status':{'phase':'Failed','containerStatuses':[{'name':'c',"
          "'state':{'terminated':{'exitCode':1}}}]}}",
          "0/1", "ExitCode:1", "0" },
        { "{'spec':{'containers':[{'name':'c'}],'initContainers':[{'name':'i'},{'name':'j'}]},'status':{'"
          "phase':'Pending',"
          "'initContainerStatuses':[{'name':'i','state':{'terminated':{'exitCode':0}}},{'name':'j','state':{'"
          "running':{}}}]}}",
          "0/1", "Init:1/2", "0" },
        { "{'spec':{'containers':[{'name':'c'}],'initContainers':[{'name':'i'}]},'status':{'phase':'Pending',"
          "'initContainerStatuses':[{'name':'i','restartCount':3,'state':{'waiting':{'reason':'"
          "ImagePullBackOff'}}}]}}",
          "0/1", "Init:ImagePullBackOff", "3" },
        { "{'spec':{'containers':[{'name':'c'}],'initContainers':[{'name':'i','restartPolicy':'Always'}]},'"
          "status':{'phase':'Running',"
          "'initContainerStatuses':[{'name':'i','started':true,'ready':true,'restartCount':1,'state':{'"
          "running':{}}}],"
          "'containerStatuses':[{'name':'c','ready':true,'restartCount':1,'state':{'running':{}}}]}}",
          "2/2", "Running", "2" },
        { "{'spec':{'containers':[{'name':'c'},{'name':'d'}]},'status':{'phase':'Running','containerStatuses'"
          ":[{'name':'c',"
          "'state':{'terminated':{'reason':'Completed','exitCode':0}}},{'name':'d','ready':true,'state':{'"
          "running':{}}}]}}",
          "1/2", "NotReady", "0" },
        { "{'metadata':{'deletionTimestamp':'2026-11-23T05:59:00Z'},'spec':{'containers':[{}]},'status':{'"
          "phase':'Running'}}",
          "0/1", "Terminating", "0" },
        { "{'metadata':{'deletionTimestamp':'2026-11-23T05:59:00Z'},'status':{'phase':'Running','reason':'"
          "NodeLost'}}",
          "0/0", "Unknown", "0" },
        { "{'status':{'phase':'Pending','conditions':[{'type':'PodScheduled','status':'False','reason':'"
          "SchedulingGated'}]}}",
          "0/0", "SchedulingGated", "0" },
        { "{'status':{'phase':'Failed','reason':'Evicted'}}", "0/0", "Evicted", "0" },
    };
    const struct api_resource *r = api_resource_find("", "v1", "pods");
    (void)state;
    for (size_t i = 0; i < CU_LEN(cases); i++) {
        cu_autoval struct val *obj = tu_json(cases[i].pod), *table = api_table_new(r, false);
        api_table_add(table, r, obj, API_INCLUDE_METADATA, NOW);
        const struct val *row = val_at(val_get(table, "rows"), 0), *got = val_get(row, "cells");
        assert_int_equal(val_len(got), 9);
        assert_string_equal(val_str(val_at(got, 1)), cases[i].ready);
        assert_string_equal(val_str(val_at(got, 2)), cases[i].status);
        assert_string_equal(val_str(val_at(got, 3)), cases[i].restarts);
        assert_string_equal(val_find_str(row, "object", "kind", NULL), "PartialObjectMetadata");
    }
}

/* An object of nothing still fills its row, whatever the kind. */
static void whole_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_n_resources; i++) {
        const struct api_resource *r = &api_resources[i];
        cu_autoval struct val *obj = tu_json("{'metadata':{'name':'x'}}"), *table = api_table_new(r, true);
        api_table_add(table, r, obj, API_INCLUDE_OBJECT, NOW);
        const struct val *columns = val_get(table, "columnDefinitions"),
                         *row = val_at(val_get(table, "rows"), 0);
        assert_int_equal(val_len(columns), r->columns ? r->n_columns : 2);
        assert_int_equal(val_len(val_get(row, "cells")), val_len(columns));
        tu_assert_equal(val_get(row, "object"), obj);
    }
}

static void shape(void **state)
{
    const struct api_resource *r = api_resource_find("", "v1", "configmaps");
    cu_autoval struct val *first = api_table_new(r, true), *later = api_table_new(r, false);
    enum api_include include = API_INCLUDE_NONE;
    (void)state;
    tu_assert_json(
        first, "{'kind':'Table','apiVersion':'meta.k8s.io/v1','metadata':{},'rows':[],'columnDefinitions':["
               "{'name':'Name','type':'string','format':'name','description':'','priority':0},"
               "{'name':'Data','type':'string','format':'','description':'','priority':0},"
               "{'name':'Age','type':'string','format':'','description':'','priority':0}]}");
    tu_assert_json(
        later,
        "{'kind':'Table','apiVersion':'meta.k8s.io/v1','metadata':{},'rows':[],'columnDefinitions':null}");
    assert_true(api_include_parse("", &include) && include == API_INCLUDE_METADATA);
    assert_true(api_include_parse("Object", &include) && include == API_INCLUDE_OBJECT);
    assert_false(api_include_parse("object", &include));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells),
        cmocka_unit_test(pod_words),
        cmocka_unit_test(whole_rows),
        cmocka_unit_test(shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
