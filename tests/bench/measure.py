"""All measurements of one size, in this process and with LBADMIN_HOME of the environment; prints JSON, a row a line.

`python -m tests.bench.measure 1000`
"""

import json
import logging
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "lbadmin.settings"
django.setup()

from lbadmin.memory import collect_seldom  # noqa: E402
from tests.bench import acting, committing, overview, reloading, rendering  # noqa: E402 - after Django's set-up
from tests.bench.site import site  # noqa: E402

MEASURES = [rendering.measure, committing.measure, overview.measure, reloading.measure, acting.measure]


def main(vips: int) -> None:
    logging.disable(logging.INFO)
    collect_seldom()  # as the product's own processes do
    with site(vips) as found:
        for measure in MEASURES:
            for row in measure(found):
                print(json.dumps(row.as_dict()), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
