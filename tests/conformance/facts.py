"""facts - what the recordings say about certificates, kubeconfig files and file modes, read from real files with an
independent X.509 library."""
import base64, os, stat

import yaml
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

USAGES = {"digital_signature": "digitalSignature", "content_commitment": "contentCommitment",
          "key_encipherment": "keyEncipherment", "key_cert_sign": "keyCertSign", "crl_sign": "cRLSign"}
EXTENSIONS = {ExtensionOID.KEY_USAGE: "keyUsage", ExtensionOID.EXTENDED_KEY_USAGE: "extendedKeyUsage",
              ExtensionOID.BASIC_CONSTRAINTS: "basicConstraints",
              ExtensionOID.SUBJECT_KEY_IDENTIFIER: "subjectKeyIdentifier",
              ExtensionOID.AUTHORITY_KEY_IDENTIFIER: "authorityKeyIdentifier",
              ExtensionOID.SUBJECT_ALTERNATIVE_NAME: "subjectAltName"}
CURVES = {"secp256r1": "EC-P-256", "secp384r1": "EC-P-384"}


def mode(path):
    return f"{stat.S_IMODE(os.lstat(path).st_mode):04o}"


def key_kind(public):
    if isinstance(public, rsa.RSAPublicKey):
        return f"RSA-{public.key_size}"
    return CURVES.get(public.curve.name, public.curve.name)


def der(public):
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def pem_type(text):
    return text.split("-----BEGIN ")[1].split("-----")[0]


def extension(cert, oid):
    return next((e for e in cert.extensions if e.oid == oid), None)


def certificate_facts(cert):
    name = lambda n, oid: [a.value for a in n.get_attributes_for_oid(oid)]
    usage, extended = extension(cert, ExtensionOID.KEY_USAGE), extension(cert, ExtensionOID.EXTENDED_KEY_USAGE)
    basic = extension(cert, ExtensionOID.BASIC_CONSTRAINTS)
    names = extension(cert, ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    seconds = (cert.not_valid_after - cert.not_valid_before).total_seconds()
    return {
        "subjectCN": name(cert.subject, NameOID.COMMON_NAME)[0],
        "subjectO": name(cert.subject, NameOID.ORGANIZATION_NAME),
        "issuerCN": name(cert.issuer, NameOID.COMMON_NAME)[0], "selfSigned": cert.subject == cert.issuer,
        "isCA": bool(basic and basic.value.ca),
        "basicConstraints": basic and {"critical": basic.critical, "ca": basic.value.ca,
                                       "pathLen": basic.value.path_length},
        "key": key_kind(cert.public_key()), "signatureAlgorithm": cert.signature_algorithm_oid._name,
        "keyUsage": [text for attr, text in USAGES.items() if usage and getattr(usage.value, attr)],
        "keyUsageCritical": bool(usage and usage.critical),
        "extKeyUsage": [u._name for u in extended.value] if extended else [],
        "dnsSANs": names.value.get_values_for_type(x509.DNSName) if names else [],
        "ipSANs": [str(i) for i in names.value.get_values_for_type(x509.IPAddress)] if names else [],
        "validitySeconds": int((seconds + 30) // 60 * 60),
        "skiPresent": extension(cert, ExtensionOID.SUBJECT_KEY_IDENTIFIER) is not None,
        "akiPresent": extension(cert, ExtensionOID.AUTHORITY_KEY_IDENTIFIER) is not None,
        "extensionOrder": [EXTENSIONS.get(e.oid, e.oid.dotted_string) for e in cert.extensions],
    }


def signed_by(cert, ca):
    public, how = ca.public_key(), cert.signature_hash_algorithm
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(cert.signature, cert.tbs_certificate_bytes, padding.PKCS1v15(), how)
        else:
            public.verify(cert.signature, cert.tbs_certificate_bytes, ec.ECDSA(how))
        return cert.issuer == ca.subject
    except InvalidSignature:
        return False


def issuer_facts(cert, folder):
    """Which CA file of the folder verifies the certificate, and whether identifiers and start agree."""
    for file in ("ca.crt", "front-proxy-ca.crt", "etcd/ca.crt"):
        path = os.path.join(folder, file)
        if not os.path.exists(path):
            continue
        ca = x509.load_pem_x509_certificate(open(path, "rb").read())
        if signed_by(cert, ca):
            aki = extension(cert, ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
            ski = extension(ca, ExtensionOID.SUBJECT_KEY_IDENTIFIER)
            return {"issuerFile": file,
                    "akiEqualsIssuerSKI": bool(aki and ski and aki.value.key_identifier == ski.value.digest),
                    "notBeforeEqualsIssuer": cert.not_valid_before == ca.not_valid_before}
    return {}


def file_facts(path, folder):
    text = open(path).read()
    facts = {"path": os.path.relpath(path, folder), "pemType": pem_type(text), "mode": mode(path)}
    if path.endswith(".crt"):
        cert = x509.load_pem_x509_certificate(text.encode())
        return facts | {"kind": "certificate"} | certificate_facts(cert) | issuer_facts(cert, folder)
    if path.endswith(".pub"):
        return facts | {"kind": "public key", "key": key_kind(serialization.load_pem_public_key(text.encode()))}
    key = serialization.load_pem_private_key(text.encode(), None)
    facts |= {"kind": "private key", "key": key_kind(key.public_key())}
    if os.path.exists(path[:-4] + ".crt"):
        cert = x509.load_pem_x509_certificate(open(path[:-4] + ".crt", "rb").read())
        facts["matchesCert"] = der(cert.public_key()) == der(key.public_key())
    return facts


def certs_facts(folder):
    return [file_facts(os.path.join(top, file), folder) for top, _, files in os.walk(folder) for file in files]


def kubeconfig_facts(certificates):
    found = []
    for file in sorted(f for f in os.listdir("/etc/kubernetes") if f.endswith(".conf")):
        path = os.path.join("/etc/kubernetes", file)
        doc = yaml.safe_load(open(path))
        cluster, context, user = doc["clusters"][0], doc["contexts"][0], doc["users"][0]
        cert = x509.load_pem_x509_certificate(base64.b64decode(user["user"]["client-certificate-data"]))
        key_text = base64.b64decode(user["user"]["client-key-data"])
        ca = os.path.join(certificates, "ca.crt")
        ca_data = base64.b64decode(cluster["cluster"]["certificate-authority-data"])
        found.append({
            "file": file, "mode": mode(path), "topLevelKeys": sorted(doc),
            "counts": [len(doc["clusters"]), len(doc["contexts"]), len(doc["users"])],
            "clusterName": cluster["name"], "server": cluster["cluster"]["server"],
            "clusterKeys": sorted(cluster["cluster"]), "contextName": context["name"], "context": context["context"],
            "currentContext": doc["current-context"], "userName": user["name"], "userKeys": sorted(user["user"]),
            "caDataEqualsCaCrt": os.path.exists(ca) and ca_data == open(ca, "rb").read(),
            "clientCert": certificate_facts(cert), "clientKeyPemType": pem_type(key_text.decode()),
            "clientKey": key_kind(serialization.load_pem_private_key(key_text, None).public_key())})
    return found


def files_facts(tops):
    found = []
    for top in tops:
        for folder, dirs, files in os.walk(top):
            for name, kind in [(d, "dir") for d in dirs] + [(f, "file") for f in files]:
                path = os.path.join(folder, name)
                info = os.lstat(path)
                facts = {"path": path, "type": kind, "mode": mode(path)}
                if info.st_uid or info.st_gid:
                    facts |= {"uid": info.st_uid, "gid": info.st_gid}
                found.append(facts)
    return found
