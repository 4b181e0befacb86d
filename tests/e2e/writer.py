#!/usr/bin/env python3
"""writer.py SERVER KIND PREFIX OUT - makes objects one after the other through one API server until OUT.stop exists, and
writes to OUT, as one JSON object, what was acknowledged and what was not. KIND: configmaps, or services (type NodePort;
every other one with an address and a port that the other writers want as well).
What is answered with 503 was not written, and is asked for again, as Kubernetes' clients and controllers do."""
import base64
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

LIMIT_S = 20  # of one request: longer is a hanging server


def admin():
    return json.loads(subprocess.run(["kubectl", "config", "view", "--raw", "-o", "json"], check=True,
                                     stdout=subprocess.PIPE).stdout)


def connect(url, config):
    user, cluster = config["users"][0]["user"], config["clusters"][0]["cluster"]
    context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    with tempfile.NamedTemporaryFile() as f:
        f.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
        f.flush()
        context.load_cert_chain(f.name)
    return lambda: http.client.HTTPSConnection(urllib.parse.urlparse(url).netloc, context=context, timeout=LIMIT_S)


def body(kind, name, n):
    o = {"metadata": {"name": name}}
    if kind == "services":
        o["spec"] = {"type": "NodePort", "ports": [{"port": 80}]}
        if n % 2 == 0:  # all writers want the same one at about the same time
            o["spec"]["ports"][0]["nodePort"] = 30000 + n
            o["spec"]["clusterIP"] = f"10.100.{n // 200}.{n % 200 + 1}"
    return json.dumps(o)


def main():
    url, kind, prefix, out = sys.argv[1:]
    dial = connect(url, admin())
    result = {"acknowledged": [], "unknown": [], "refused": [], "retried": 0, "longest": 0.0, "given": [], "taken": 0}
    connection, n = None, 0
    while not os.path.exists(out + ".stop"):
        time.sleep(0 if kind == "services" else 0.01)  # the story is about what is lost, not about how much is written
        n += 1
        name, maybe = f"{prefix}-{n}", False
        while not os.path.exists(out + ".stop"):
            began = time.monotonic()
            try:
                connection = connection or dial()
                connection.request("POST", f"/api/v1/namespaces/default/{kind}", body(kind, name, n),
                                   {"Content-Type": "application/json"})
                answer = connection.getresponse()
                text, code = answer.read(), answer.status
            except (OSError, http.client.HTTPException) as e:
                connection, code, text, maybe = None, 0, str(e).encode(), True
            result["longest"] = max(result["longest"], time.monotonic() - began)
            if code == 503:
                result["retried"] += 1
                time.sleep(0.2)
            elif code == 201 or (code == 409 and maybe):
                result["acknowledged"].append(name)
                if kind == "services":
                    spec = json.loads(text).get("spec", {})
                    result["given"].append([spec.get("clusterIP"), spec.get("ports", [{}])[0].get("nodePort")])
                break
            elif code == 422 and b"already allocated" in text:
                result["taken"] += 1
                break
            elif code in (0, 504):  # it may have been made: ask again under the same name
                result["unknown"].append([name, code, text.decode()[:200]])
                maybe = True
                time.sleep(0.2)
            else:
                result["refused"].append([name, code, text.decode()[:300]])
                break
    with open(out, "w", encoding="utf-8") as f:
        json.dump(result, f)


if __name__ == "__main__":
    main()
