"""Where the WebUI listens: the environment's word, the administrator's, and what is left when an address goes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from apps.local.models import Trial
from apps.system import webui
from apps.system.environment import Environment
from apps.system.paths import Paths

HERE = webui.Socket("127.0.0.1", 9555)
BIND = "import lbadmin.gunicorn; print(lbadmin.gunicorn.bind)"


def environment(home: Path) -> Environment:
    return Environment(home, "0.0.0.0", 9443, 9081, 7778)


def test_without_a_word_of_the_administrator_the_environment_says_it(tmp_path: Path) -> None:
    assert webui.listens(Paths(tmp_path), environment(tmp_path)) == webui.Socket("0.0.0.0", 9443)


@pytest.mark.parametrize(
    ("file", "bind"),
    [
        ("", "0.0.0.0:9444"),
        ('{"address": "127.0.0.1", "port": 9555}', "127.0.0.1:9555"),
        ('{"address": "::1", "port": 9555}', "[::1]:9555"),
        (
            '{"address": "192.0.2.77", "port": 9555}',
            "0.0.0.0:9444",
        ),  # not an address of this host: nobody is locked out
    ],
)
def test_gunicorn_listens_there(tmp_path: Path, file: str, bind: str) -> None:
    Paths(tmp_path).webui_socket.write_text(file)
    said = subprocess.run(
        [sys.executable, "-c", BIND],
        env=os.environ | {"LBADMIN_HOME": str(tmp_path), "LBADMIN_WEBUI_PORT": "9444"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == bind


def test_it_is_written_before_the_web_is_told_and_removed_again(tmp_path: Path) -> None:
    """No supervisor here: whatever happens then, the next start finds it."""
    paths = Paths(tmp_path)
    paths.secrets.mkdir()
    paths.supervisor_key.write_text("key")
    with pytest.raises(webui.NotServed, match="web could not be restarted"):
        webui.move(paths, environment(tmp_path), HERE)
    assert webui.chosen(paths, environment(tmp_path)) == HERE
    assert paths.webui_socket.stat().st_mode & 0o777 == 0o644  # gunicorn is not root
    with pytest.raises(webui.NotServed):
        webui.move(paths, environment(tmp_path), webui.Socket("0.0.0.0", 9443))
    assert not paths.webui_socket.exists()


def test_without_a_worker_nothing_is_changed(admin: Client) -> None:
    new = {"address": "0.0.0.0", "port": "9555"}
    answer = admin.post("/lbadmin/local/service-socket-addresses/", new, follow=True)
    words = "The worker cannot be reached, so nothing was changed. Try again in a minute."
    assert words in answer.content.decode()
    assert not Trial.objects.exists()
