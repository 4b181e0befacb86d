#!/usr/bin/python3
"""hostile - an HTTPS server that answers as a man in the middle would, for discovery.sh.

  hostile.py MODE PORT CERT KEY INFO LOG    INFO: a genuine cluster-info (JSON); LOG: what requests it saw, with headers
"""
import json, socket, ssl, sys, time

mode, port, cert, key, info, log = sys.argv[1:]
GENUINE = json.load(open(info))


def answer(body, head="HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", length=None):
    return f"{head}Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def changed(change):
    found = json.loads(json.dumps(GENUINE))
    change(found["data"])
    return answer(json.dumps(found).encode())


def drip(s, first, piece, pause):
    s.sendall(first)
    while True:  # ends with the connection
        s.sendall(piece)
        time.sleep(pause)


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
MODES = {  # what is sent once the request is read
    "replay": lambda s: s.sendall(answer(json.dumps(GENUINE).encode())),
    "stripped": lambda s: s.sendall(changed(lambda d: [d.pop(k) for k in list(d) if k.startswith("jws-")])),
    "forged": lambda s: s.sendall(changed(lambda d: d.update(kubeconfig=d["kubeconfig"].replace("10.88.0.11", "10.88.0.13")))),
    "garbage": lambda s: s.sendall(b"\x00\xff\x16\x03 not HTTP at all" * 40),
    "redirect": lambda s: s.sendall(b"HTTP/1.1 302 Found\r\nLocation: https://10.88.0.11:6443/api/v1/namespaces/kube-public/"
                                    b"configmaps/cluster-info\r\nContent-Length: 0\r\n\r\n"),
    "endless": lambda s: drip(s, CHUNKED, b"10000\r\n" + b"[" * 65536 + b"\r\n", 0),
    "huge": lambda s: drip(s, answer(b"", length=1 << 40), b" " * 65536, 0),
    "slow": lambda s: drip(s, CHUNKED, b"1\r\n{\r\n", 0.3),
    "mute": lambda s: time.sleep(60),
}


def serve(listener, tls):
    while True:
        s, _ = listener.accept()
        try:
            s.settimeout(30)
            if mode == "plain":
                s.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                continue
            s = tls.wrap_socket(s, server_side=True)
            request = s.recv(65536)
            with open(log, "ab") as f:
                f.write(request)
            MODES[mode](s)
        except (OSError, ssl.SSLError):
            pass
        finally:
            s.close()


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
with socket.create_server(("", int(port))) as listening:
    serve(listening, context)
