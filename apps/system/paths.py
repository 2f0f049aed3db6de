"""Where things are: one frozen map, made from LBADMIN_HOME, so that two nodes can live on one machine."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """Every file and directory below LBADMIN_HOME that more than one module names."""

    home: Path

    @property
    def database(self) -> Path:
        return self.home / "db" / "lbadmin.sqlite3"

    @property
    def secrets(self) -> Path:
        """Django's secret key, the key that encrypts private keys in the database, the key of this unit in a pair."""
        return self.home / "secrets"

    @property
    def webui_certificate(self) -> Path:
        return self.home / "tls" / "webui.pem"

    @property
    def webui_certificate_choice(self) -> Path:
        """Which of the certificates that is, once one was chosen in the WebUI itself."""
        return self.home / "tls" / "choice.json"

    @property
    def webui_socket(self) -> Path:
        """Where the WebUI listens, once that was changed in the WebUI itself."""
        return self.home / "webui.json"

    @property
    def haproxy(self) -> Path:
        """Holds a directory per version, the link `current` to the one that runs, and the server states."""
        return self.home / "haproxy"

    @property
    def haproxy_current(self) -> Path:
        return self.haproxy / "current"

    @property
    def haproxy_config(self) -> Path:
        return self.haproxy_current / "haproxy.cfg"

    @property
    def server_state(self) -> Path:
        return self.haproxy / "state" / "global"

    @property
    def scripts(self) -> Path:
        """Health check scripts, for HAProxy to run."""
        return self.home / "health-checks"

    @property
    def haproxy_admin_socket(self) -> Path:
        return self.run / "haproxy" / "admin.sock"

    @property
    def haproxy_master_socket(self) -> Path:
        return self.run / "haproxy" / "master.sock"

    @property
    def haproxy_stats_socket(self) -> Path:
        """Read only; the collector's, who is not root."""
        return self.run / "haproxy-stats" / "stats.sock"

    @property
    def fallback_page(self) -> Path:
        """Shown when no real server answers."""
        return self.home / "nginx" / "pages" / "fallback.html"

    @property
    def heartbeat(self) -> Path:
        """What keepalived was told, and the files with which it is steered."""
        return self.home / "heartbeat"

    @property
    def heartbeat_told(self) -> Path:
        return self.heartbeat / "told.json"

    @property
    def heartbeat_watch(self) -> Path:
        """What the collector sees of this unit, for keepalived."""
        return self.heartbeat / "watch"

    @property
    def keepalived_config(self) -> Path:
        return self.heartbeat / "keepalived.conf"

    @property
    def keepalived_pid(self) -> Path:
        return self.run / "keepalived.pid"

    @property
    def vrrp_pid(self) -> Path:
        """Of keepalived's own child."""
        return self.run / "vrrp.pid"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def redis_socket(self) -> Path:
        return self.run / "redis" / "redis.sock"

    @property
    def supervisor_socket(self) -> Path:
        return self.run / "supervisor.sock"

    @property
    def supervisor_key(self) -> Path:
        return self.secrets / "supervisor.key"

    @property
    def supervisor_config(self) -> Path:
        return self.home / "supervisord.conf"

    @property
    def log(self) -> Path:
        return self.home / "log"
