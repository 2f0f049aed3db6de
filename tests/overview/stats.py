"""HAProxy's answer to `show stat`, as HAProxy 2.6 writes it, from a few words."""

from apps.haproxy.ids import service_id

NAMES = (
    "pxname svname qcur qmax scur smax slim stot bin bout dreq dresp ereq econ eresp wretr wredis status weight act "
    "bck chkfail chkdown lastchg downtime qlimit pid iid sid throttle lbtot tracked type rate rate_lim rate_max "
    "check_status check_code check_duration hrsp_1xx hrsp_2xx last_chk last_agt qtime mode"
).split()
HEAD = f"# {','.join(NAMES)},"


def line(**values: object) -> str:
    return ",".join([*(str(values.get(name, "")) for name in NAMES), ""])


def frontend(pk: int, conns: int = 0, status: str = "OPEN") -> str:
    return line(pxname=f"service-{pk}", svname="FRONTEND", iid=service_id(pk), sid=0, type=0, status=status, scur=conns)


def server(service: int, pk: int, status: str = "UP", **values: object) -> str:
    fixed = {"pxname": f"service-{service}", "svname": "SERVER", "iid": service_id(service), "sid": pk + 1, "type": 2}
    usual = {"scur": 0, "lastchg": 100, "check_status": "L4OK", "check_duration": 2}
    return line(**(fixed | usual | {"status": status} | values))


def fallback(service: int) -> str:
    return server(service, 0, "no check", scur=77, check_status="", check_duration="")


def refused(service: int, pk: int, **values: object) -> str:
    words = {"check_status": "L4CON", "last_chk": "Connection refused", "lastchg": 240}
    status = str(values.pop("status", "DOWN"))
    return server(service, pk, status, **(words | values))


def answer(*lines: str) -> str:
    return "\n".join([HEAD, *lines]) + "\n\n"
