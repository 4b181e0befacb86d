#!/usr/bin/env python3
"""agree.py SECONDS PREFIX SERVER SERVER... - what one API server acknowledged, each other one must know at once: after
every write through one of them the next one is asked, and is written through on the ground of what the first answered.
Prints what was answered wrongly, times, and a verdict."""
import json
import statistics
import sys
import time

from writer import admin, connect

MAPS = "/api/v1/namespaces/agree/configmaps"
wrong, times = {}, {}


class Server:
    def __init__(self, url, config):
        self.connection = connect(url, config)()

    def __call__(self, what, expected, method, path, body=None):
        """One request; expected: its status. What is answered instead is noted."""
        began = time.monotonic()
        self.connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        times.setdefault(what, []).append(time.monotonic() - began)
        ok = answer.status == expected
        if not ok:
            wrong.setdefault(what, []).append(f"{method} {path}: {answer.status} instead of {expected}: {text[:200]}")
        return json.loads(text), ok


def note(what, good, text):
    if not good:
        wrong.setdefault(what, []).append(text)


def names(listed):
    return [o["metadata"]["name"] for o in listed.get("items", [])]


def turn(a, b, name):
    path = f"{MAPS}/{name}"
    made, ok = a("create", 201, "POST", MAPS, {"metadata": {"name": name}, "data": {"n": "0"}})
    if not ok:
        return
    b("get of what was made", 200, "GET", path)
    made["data"]["n"] = "1"
    changed, _ = a("update", 200, "PUT", path, made)
    seen, ok = b("get of what was changed", 200, "GET", path)
    note("get of what was changed", not ok or seen["data"]["n"] == "1", f"{path}: an old state")
    changed["data"]["n"] = "2"
    b("update on another's answer", 200, "PUT", path, changed)
    at_least, ok = a("get of a version", 200, "GET", f"{path}?resourceVersion={seen['metadata'].get('resourceVersion', 1)}")
    listed, _ = a("list", 200, "GET", MAPS)
    note("list", name in names(listed), f"{name} is not in it")
    a("delete", 200, "DELETE", path)
    b("get of what is gone", 404, "GET", path)
    listed, _ = b("list", 200, "GET", MAPS)
    note("list", name not in names(listed), f"{name} is still in it")
    # without a look before
    a("create", 201, "POST", MAPS, {"metadata": {"name": name}})
    b("delete of what another made", 200, "DELETE", path)
    a("create of what another deleted", 201, "POST", MAPS, {"metadata": {"name": name}})
    b("get from memory", 200, "GET", f"{MAPS.replace('agree', 'kube-public')}/cluster-info?resourceVersion=0")
    b("delete of what another made", 200, "DELETE", path)


def main():
    seconds, prefix, urls = float(sys.argv[1]), sys.argv[2], sys.argv[3:]
    config = admin()
    servers = [Server(url, config) for url in urls]
    servers[0].connection.request("POST", "/api/v1/namespaces", '{"metadata":{"name":"agree"}}')
    servers[0].connection.getresponse().read()  # it may be there
    end, n = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        turn(servers[n % len(servers)], servers[(n + 1) % len(servers)], f"{prefix}-{n}")
        n += 1
    for what, all_times in times.items():
        print(f"{what}: {len(all_times)} times, median {statistics.median(all_times) * 1000:.2f} ms, "
              f"longest {max(all_times) * 1000:.0f} ms, wrong {len(wrong.get(what, []))}")
    for texts in wrong.values():
        print("\n".join(texts[:2]))
    print("verdict:", "good" if not wrong and n > 5 else "bad")


main()
