"""Starting programs: from lists of words, never through a shell."""

import subprocess


class CommandFailed(Exception):
    """A program ended badly. `said` is everything it printed."""

    def __init__(self, words: tuple[str, ...], said: str) -> None:
        super().__init__(f"{words[0]} failed: {said.strip() or 'it said nothing'}")
        self.words = words
        self.said = said


def run(*words: str, stdin: str = "", timeout: float = 60) -> str:
    """Run a program and return what it printed, errors included. Raises CommandFailed."""
    try:
        done = subprocess.run(
            words,
            input=stdin.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandFailed(words, f"{words[0]} is not installed.") from error
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(words, f"no end after {timeout:g} seconds.") from error
    said = done.stdout.decode(errors="replace")
    if done.returncode:
        raise CommandFailed(words, said)
    return said
