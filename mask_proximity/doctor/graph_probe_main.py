# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The doctor's child process that probes the graph.

It prints one JSON object, as soon as nothing is missing or when its time is over.
"""

from __future__ import annotations

import json
import time

from mask_proximity.doctor.spin import spinning


def main(arguments: list[str]) -> None:
    """Probe the graph; `arguments` are TOPIC NAMESPACE SECONDS."""
    topic, namespace, seconds = arguments
    with spinning('mask_proximity_doctor_look') as (node, spin_until):
        begin = time.monotonic()
        # Imported only now: it takes a while to load, and the node discovers others meanwhile.
        from mask_proximity.doctor.graph_probe import GraphProbe

        graph = GraphProbe(node, topic, namespace).run(spin_until, begin, float(seconds))
    print(json.dumps(graph), flush=True)
