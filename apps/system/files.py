"""Writing files so that a reader, or a power cut, never meets half of one."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Replace `path` at once."""
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
    sync(path.parent)


def overwrite(path: Path, text: str) -> None:
    """Change the file itself: whoever watches it goes on watching. For a word or two, which are written at once."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.write(handle, text.encode())
        os.ftruncate(handle, len(text.encode()))
    finally:
        os.close(handle)


def write_tree(directory: Path, files: Mapping[str, str | bytes]) -> None:
    """Make a private directory with these files; one that was left half made is replaced."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write(path, content)


def read_tree(directory: Path) -> dict[str, str]:
    """The files below a directory by their relative names; empty when there is none."""
    return {
        str(path.relative_to(directory)): path.read_text() for path in sorted(directory.rglob("*")) if path.is_file()
    }


def point(link: Path, target: str) -> None:
    """Make a relative symbolic link point to `target`, at once."""
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
    sync(link.parent)


def read(path: Path) -> str:
    """The file's text; empty when there is none."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def read_bytes(path: Path) -> bytes:
    """The file's content; empty when there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def remove_tree(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)


def sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
