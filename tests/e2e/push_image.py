#!/usr/bin/env python3
"""push_image.py REGISTRY NAME TAG [--arch ARCH] [--size BYTES] [--index] - makes an OCI image of one layer and pushes
it over plain HTTP. --size: random bytes in the layer; --index: wrapped in an image index, as images for several
architectures are. Names nothing but what it was given; used by the end-to-end tests."""
import argparse
import gzip
import hashlib
import io
import json
import os
import tarfile
import urllib.request

ap = argparse.ArgumentParser()
ap.add_argument("registry")
ap.add_argument("name")
ap.add_argument("tag")
ap.add_argument("--arch", default={"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine))
ap.add_argument("--size", type=int, default=64)
ap.add_argument("--index", action="store_true")
a = ap.parse_args()
base = f"http://{a.registry}/v2/{a.name}"
no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def send(method, url, data, kind):
    return no_proxy.open(urllib.request.Request(url, data, {"Content-Type": kind}, method=method), timeout=20)


def blob(data, kind):
    where = send("POST", base + "/blobs/uploads/", b"", "application/octet-stream").headers["Location"]
    where += ("&" if "?" in where else "?") + "digest=" + digest(data)
    send("PUT", where, data, "application/octet-stream")
    return {"mediaType": kind, "digest": digest(data), "size": len(data)}


def manifest(doc, kind, reference):
    data = json.dumps(doc).encode()
    send("PUT", f"{base}/manifests/{reference}", data, kind)
    return {"mediaType": kind, "digest": digest(data), "size": len(data)}


raw = io.BytesIO()
with tarfile.open(fileobj=raw, mode="w") as tar:
    info = tarfile.TarInfo("content")
    info.size = a.size
    tar.addfile(info, io.BytesIO(os.urandom(a.size)))
layer = blob(gzip.compress(raw.getvalue(), 1), "application/vnd.oci.image.layer.v1.tar+gzip")
config = blob(json.dumps({"architecture": a.arch, "os": "linux", "config": {"Cmd": ["/content"]},
                          "rootfs": {"type": "layers", "diff_ids": [digest(raw.getvalue())]}}).encode(),
              "application/vnd.oci.image.config.v1+json")
image = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config,
         "layers": [layer]}
if a.index:
    one = manifest(image, image["mediaType"], digest(json.dumps(image).encode()))
    one["platform"] = {"architecture": a.arch, "os": "linux"}
    kind = "application/vnd.oci.image.index.v1+json"
    manifest({"schemaVersion": 2, "mediaType": kind, "manifests": [one]}, kind, a.tag)
else:
    manifest(image, image["mediaType"], a.tag)
