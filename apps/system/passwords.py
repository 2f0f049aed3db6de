"""Hashes of passwords as HAProxy and the rest of the host check them: crypt(3), SHA-512."""

import ctypes
import secrets
import string

ALPHABET = f"./{string.digits}{string.ascii_letters}"
WORKSPACE = 256 * 1024  # bytes; more than the largest `struct crypt_data` there is


def hashed(word: str) -> str:
    """Another one each time: the salt is random."""
    salt = "".join(secrets.choice(ALPHABET) for _ in range(16))
    crypt = ctypes.CDLL("libcrypt.so.1").crypt_r
    crypt.restype = ctypes.c_char_p
    found: bytes | None = crypt(word.encode(), f"$6${salt}$".encode(), ctypes.create_string_buffer(WORKSPACE))
    if not found or not found.startswith(b"$6$"):
        raise OSError("libcrypt makes no SHA-512 hash of this password.")
    return found.decode()
