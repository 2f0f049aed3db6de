"""Two versions of a file beside each other, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff

LINES_SHOWN = 2000
AROUND = 3  # unchanged lines around a change
GAP = " …"


@dataclass(frozen=True)
class Line:
    kind: str  # "add", "cut" or blank
    text: str


@dataclass(frozen=True)
class FileDiff:
    name: str
    lines: tuple[Line, ...]

    @property
    def added(self) -> int:
        return sum(line.kind == "add" for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.kind == "cut" for line in self.lines)

    @property
    def sentence(self) -> str:
        lines = f"{self.added or self.removed} line{'s' * ((self.added or self.removed) != 1)}"
        if self.added and self.removed:
            return f"{lines} added, {self.removed} removed"
        return f"{lines} {'added' if self.added else 'removed'}"

    @property
    def shown(self) -> tuple[Line, ...]:
        return self.lines[:LINES_SHOWN]

    @property
    def more(self) -> int:
        return len(self.lines) - len(self.shown)


def file_diff(name: str, before: str, after: str) -> FileDiff:
    """Section by section: over thousands of lines that all differ, a plain comparison would take seconds."""
    old, new = _sections(before), _sections(after)
    keys = [*new, *(key for key in old if key not in new)]
    return FileDiff(name, tuple(line for key in keys for line in _section_diff(old.get(key, []), new.get(key, []))))


def _sections(text: str) -> dict[tuple[str, int], list[str]]:
    """The lines of each section by its first one, which is not indented, and how often that came before."""
    found: dict[tuple[str, int], list[str]] = {}
    seen: dict[str, int] = {}
    lines: list[str] = []
    for line in filter(str.strip, text.splitlines()):
        if not line[0].isspace():
            seen[line] = seen.get(line, 0) + 1
            lines = found.setdefault((line, seen[line]), [])
        lines.append(line)
    return found


def _section_diff(old: list[str], new: list[str]) -> Iterator[Line]:
    if old == new:
        return
    if old and new:  # say where: the first line belongs to every change below it
        yield Line("", f" {new[0]}")
        old, new = old[1:], new[1:]
    for line in list(unified_diff(old, new, lineterm="", n=AROUND))[2:]:
        if line.startswith("@@"):
            if not line.startswith(("@@ -1 ", "@@ -1,", "@@ -0")):
                yield Line("", GAP)
        else:
            yield Line({"+": "add", "-": "cut"}.get(line[0], ""), line.rstrip())
