"""Rules of the house that a machine can check."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from apps.common.options import Option, options

ROOT = Path(settings.BASE_DIR)
LAYERS = [
    "common",
    "system",
    "unit",
    "accounts",
    "certificates",
    "services",
    "haproxy",
    "changes",
    "local",
    "pair",
    "overview",
    "maintenance",
    "insight",
]
TOP = len(LAYERS)  # lbadmin itself
STARTS_PROGRAMS = {"subprocess", "socket", "pty", "multiprocessing", "pyroute2", "psutil"}
LONGEST_MODULE = 300
LONGEST_TEMPLATE = 80


def files(pattern: str, *folders: str) -> list[Path]:
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob(pattern) if "migrations" not in path.parts
    )


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


PRODUCT = [path for path in files("*.py", "apps", "lbadmin") if path.stat().st_size]
TESTS = files("*.py", "tests")
TEMPLATES = files("*.html", "templates")
each_module = pytest.mark.parametrize("path", PRODUCT, ids=name)
each_source = pytest.mark.parametrize("path", [*PRODUCT, *TESTS], ids=name)
each_template = pytest.mark.parametrize("path", TEMPLATES, ids=name)


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


def imported(path: Path) -> Iterator[str]:
    """Dotted names of the modules, as `from apps import x` means apps.x."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(dotted: str) -> int:
    """How high a module of ours stands; -1 for everybody else's."""
    words = dotted.split(".")
    if words[0] == "apps":
        return LAYERS.index(words[1])
    return TOP if words[0] == "lbadmin" else -1


def test_every_app_has_a_layer() -> None:
    assert {path.name for path in (ROOT / "apps").iterdir() if (path / "__init__.py").exists()} == set(LAYERS)


@each_module
def test_imports_point_downwards(path: Path) -> None:
    own = layer(name(path).replace("/", "."))
    assert [module for module in imported(path) if layer(module) > own] == []


@each_source
def test_imports_are_absolute_and_name_what_they_take(path: Path) -> None:
    froms = [node for node in nodes(path) if isinstance(node, ast.ImportFrom)]
    assert [node.lineno for node in froms if node.level or any(alias.name == "*" for alias in node.names)] == []


@each_module
def test_only_system_touches_the_machine(path: Path) -> None:
    if name(path).startswith("apps/system/"):
        return
    assert [module for module in imported(path) if module.partition(".")[0] in STARTS_PROGRAMS] == []


@each_source
def test_nothing_goes_through_a_shell(path: Path) -> None:
    for node in nodes(path):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            assert not re.match("system$|popen|exec|spawn|posix_spawn", node.attr), (
                f"line {node.lineno}: os.{node.attr}"
            )
        if isinstance(node, ast.keyword) and node.arg == "shell":
            assert isinstance(node.value, ast.Constant), f"line {node.value.lineno}: shell is computed"
            assert node.value.value is False, f"line {node.value.lineno}: shell"


@each_source
def test_modules_stay_short(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    assert len(lines) <= LONGEST_MODULE


def declared() -> list[Option]:
    return [option for model in apps.get_models() for option in options(model)]


@pytest.mark.parametrize("option", declared(), ids=str)
def test_every_option_says_what_it_is(option: Option) -> None:
    assert option.label
    assert option.section
    assert str(option.help_text).endswith(".")


def test_there_are_options() -> None:
    assert len(declared()) > 20


@each_template
def test_templates_have_no_inline_script_or_style(path: Path) -> None:
    """The Content-Security-Policy would switch it off without a word."""
    text = path.read_text()
    assert re.findall(r"<style|\sstyle\s*=|\s(?:hx-)?on[\w:-]*\s*=|javascript:", text, re.IGNORECASE) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text, re.IGNORECASE) == []


@each_template
def test_templates_stay_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_TEMPLATE


@each_template
def test_every_template_is_used(path: Path) -> None:
    own = path.relative_to(ROOT / "templates").as_posix()
    names = re.compile(rf"""["']{re.escape(own)}["']""")
    assert any(names.search(user.read_text()) for user in [*PRODUCT, *TEMPLATES] if user != path)


@pytest.mark.parametrize(
    "path", [*PRODUCT, *TEMPLATES, *files("*.css", "static"), *files("*.js", "static"), ROOT / "README.md"], ids=name
)
def test_no_vendor_is_named(path: Path) -> None:
    """`loadbalancer` is a user's name; anything more would be a vendor's."""
    assert re.findall(r"Loadbalancer|loadbalancer[.-]\w+|TeraRecon|HPE|Loadbalancer\.org", path.read_text()) == []
