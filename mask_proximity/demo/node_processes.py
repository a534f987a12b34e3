# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The nodes as processes of their own, started and stopped together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

from mask_proximity import environment

STOP_TIME = 10.0


class Graph:
    """Starts nodes and, as a context manager, leaves none behind."""

    def __init__(self, namespace: str = '', log: IO[bytes] | None = None) -> None:
        """Prepare.

        Args:
            namespace: for all nodes; '' is the root.
            log: where the nodes' output goes; None leaves it on the terminal.
        """
        self._namespace = namespace
        self._log = log
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self,
        node: str,
        parameters: Mapping[str, object] | None = None,
        params_file: Path | None = None,
        remappings: Mapping[str, str] | None = None,
    ) -> None:
        """Start one node.

        Args:
            node: its executable.
            parameters: by name; they win over those of the file.
            params_file: ROS parameter file.
            remappings: of topics, by the name that the node has for them.
        """
        arguments = ['-r', f'__ns:={self._namespace}'] if self._namespace else []
        if params_file is not None:
            arguments += ['--params-file', str(params_file)]
        for old, new in (remappings or {}).items():
            arguments += ['-r', f'{old}:={new}']
        for name, value in (parameters or {}).items():
            # JSON's quoting is YAML's too: a source such as '0' must stay a text.
            arguments += ['-p', f'{name}:={json.dumps(value, ensure_ascii=False)}']
        self._processes[node] = subprocess.Popen(
            environment.node_command(node, *arguments),
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT if self._log else None,
            # Ctrl-C reaches this process only, which then stops the nodes in order.
            start_new_session=True,
        )

    def ended(self) -> dict[str, int]:
        """Exit codes of the nodes that are no longer running."""
        return {
            node: code
            for node, process in self._processes.items()
            if (code := process.poll()) is not None
        }

    def stop(self) -> dict[str, int]:
        """End every node by SIGINT, as Ctrl-C would, and give their exit codes."""
        # An impatient second Ctrl-C must not leave one behind.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return self._stop()
        finally:
            signal.signal(signal.SIGINT, before)

    def _stop(self) -> dict[str, int]:
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self._processes.values():
            try:
                process.wait(STOP_TIME)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        codes = {node: int(process.returncode) for node, process in self._processes.items()}
        self._processes.clear()
        return codes

    def __enter__(self) -> Graph:
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop whatever still runs."""
        self.stop()
