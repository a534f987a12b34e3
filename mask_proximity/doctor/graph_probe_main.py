# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The doctor's child process that looks at the graph.

It prints one JSON object, as soon as nothing is missing, or when its time is over.
"""

from __future__ import annotations

import json
import time

from mask_proximity.doctor.spin import spinning


def main(arguments: list[str]) -> None:
    """Look: `TOPIC NAMESPACE SECONDS`."""
    topic, namespace, seconds = arguments
    with spinning('mask_proximity_doctor_look') as (node, spin_until):
        begin = time.monotonic()
        # Not above: it takes a while to load, in which the node discovers the others.
        from mask_proximity.doctor.graph_probe import Looker

        seen = Looker(node, topic, namespace).look(spin_until, begin, float(seconds))
    print(json.dumps(seen), flush=True)
