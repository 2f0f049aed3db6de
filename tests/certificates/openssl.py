"""Keys, certificates and files as administrators have them, made by the openssl program."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

PASSWORD = "pässword 1 "  # the blank counts
CONFIG = """
[ca]
default_ca = d
[d]
database = index.txt
new_certs_dir = .
policy = p
default_md = sha256
rand_serial = yes
unique_subject = no
copy_extensions = copy
[p]
commonName = supplied
organizationName = optional
[req]
prompt = no
distinguished_name = dn
[dn]
"""
EC = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")


def openssl(*words: str, cwd: Path, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *words], input=stdin, cwd=cwd, capture_output=True, check=False)
    assert done.returncode == 0, f"openssl {' '.join(words)}: {done.stderr.decode()}"
    return done.stdout


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, both as PEM."""

    key: bytes
    certificate: bytes

    @property
    def pem(self) -> bytes:
        return self.key + self.certificate

    @property
    def base64(self) -> list[str]:
        """The lines of the private key: none of them may show up anywhere."""
        return self.key.decode().splitlines()[1:-1]


class Workshop:
    """A directory in which openssl works."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "ca.cnf").write_text(CONFIG)
        (path / "index.txt").touch()

    def key(self, kind: tuple[str, ...] = EC) -> bytes:
        return openssl("genpkey", *kind, cwd=self.path)

    def issue(  # named at the call
        self,
        name: str,
        *,
        by: Issued | None = None,
        key: bytes = b"",
        names: str = "",
        extra: str | tuple[str, ...] = (),
        ca: bool = False,
        digest: str = "sha256",
        starts: timedelta = timedelta(days=-100),
        lasts: timedelta = timedelta(days=100),
    ) -> Issued:
        """A certificate, signed by itself unless `by` somebody else; it starts and ends so long from now."""
        key = key or self.key()
        extensions = [f"subjectAltName={names}"] * bool(names) + ["basicConstraints=critical,CA:TRUE"] * ca
        extensions += [extra] if isinstance(extra, str) else extra
        added = [word for extension in extensions for word in ("-addext", extension)]
        request = openssl(
            *("req", "-new", "-config", "ca.cnf", "-key", "/dev/stdin", "-subj", f"/CN={name}", *added),
            cwd=self.path,
            stdin=key,
        )
        (self.path / "request.pem").write_bytes(request)
        (self.path / "issuer.key").write_bytes(by.key if by else key)
        (self.path / "issuer.crt").write_bytes(by.certificate if by else b"")
        signer = ["-cert", "issuer.crt"] if by else ["-selfsign"]
        span = ["-startdate", _stamp(starts), "-enddate", _stamp(lasts), "-md", digest]
        words = ["ca", "-batch", "-notext", "-config", "ca.cnf", "-keyfile", "issuer.key", *signer, *span]
        return Issued(key, openssl(*words, "-in", "request.pem", cwd=self.path))

    def revocation_list(self, by: Issued, *revoked: Issued, lasts: timedelta = timedelta(days=20)) -> bytes:
        (self.path / "issuer.key").write_bytes(by.key)
        (self.path / "issuer.crt").write_bytes(by.certificate)
        (self.path / "index.txt").write_text("")
        signer = ["ca", "-batch", "-config", "ca.cnf", "-md", "sha256", "-keyfile", "issuer.key", "-cert", "issuer.crt"]
        for issued in revoked:
            (self.path / "revoked.pem").write_bytes(issued.certificate)
            openssl(*signer, "-revoke", "revoked.pem", cwd=self.path)
        span = ["-crl_lastupdate", _stamp(timedelta(days=-30)), "-crl_nextupdate", _stamp(lasts)]
        return openssl(*signer, "-gencrl", *span, cwd=self.path)

    def pfx(self, issued: Issued, chain: bytes = b"", *extra: str, password: str = PASSWORD) -> bytes:
        (self.path / "pfx.pem").write_bytes(issued.pem + chain)
        return openssl("pkcs12", "-export", "-in", "pfx.pem", "-passout", f"pass:{password}", *extra, cwd=self.path)

    def der(self, certificate: bytes) -> bytes:
        return openssl("x509", "-outform", "DER", cwd=self.path, stdin=certificate)

    def encrypted(self, key: bytes, *form: str) -> bytes:
        """The key under PASSWORD; form is pkcs8 -topk8 unless told."""
        words = form or ("pkcs8", "-topk8")
        return openssl(*words, "-passout", f"pass:{PASSWORD}", cwd=self.path, stdin=key)


def _stamp(offset: timedelta) -> str:
    return f"{datetime.now(UTC) + offset:%Y%m%d%H%M%SZ}"
