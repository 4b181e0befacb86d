#!/usr/bin/env python3
"""verdict.py THERE PREFIX RESULT... - judges what writers (writer.py) were told against the names that are there."""
import json
import sys

there = [line.strip() for line in open(sys.argv[1], encoding="utf-8") if line.startswith(sys.argv[2] + "-")]
results = [json.load(open(f, encoding="utf-8")) for f in sys.argv[3:]]
acknowledged = [name for r in results for name in r["acknowledged"]]
unknown = {name for r in results for name, _, _ in r["unknown"]}
given = [pair for r in results for pair in r["given"]]
bad = []
bad += [f"lost: {name}" for name in sorted(set(acknowledged) - set(there))]
bad += [f"never acknowledged, but there: {name}" for name in sorted(set(there) - set(acknowledged) - unknown)
        if not any(name.rsplit("-", 1)[0] == a.rsplit("-", 1)[0] for a in acknowledged)]
bad += [f"refused: {what}" for r in results for what in r["refused"]]
for i, what in enumerate(("address", "node port")):
    values = [pair[i] for pair in given]
    bad += [f"{what} given twice: {v}" for v in sorted(set(values), key=str) if values.count(v) > 1]
for f, r in zip(sys.argv[3:], results):
    print(f.rsplit("-", 1)[1], "acknowledged", len(r["acknowledged"]), "asked again", r["retried"], "not known",
          len(r["unknown"]), "taken", r["taken"], "longest %.1f s" % r["longest"])
    for u in r["unknown"][:3]:
        print("  ", u)
print("\n".join(bad[:20]))
print("verdict:", "good" if not bad and len(acknowledged) > 20 else "bad")
