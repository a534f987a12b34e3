# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts nodes as processes of their own, and stops them together."""

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

# After SIGINT; a node that is still there then is killed.
_STOP_SECONDS = 10.0


class NodeProcesses:
    """The running nodes. As a context manager, it stops all of them at its end."""

    def __init__(self, namespace: str = '', log: IO[bytes] | None = None) -> None:
        """Start nothing yet.

        Args:
            namespace: Namespace of all nodes; '' is the root.
            log: File for the output of the nodes; None leaves it on the terminal.
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
            node: Name of the node, and of its executable.
            parameters: Parameters by name; they win over those in the file.
            params_file: ROS parameter file; None means none.
            remappings: New name of a topic, by the name that the node uses.
        """
        arguments = ['-r', f'__ns:={self._namespace}'] if self._namespace else []
        if params_file is not None:
            arguments += ['--params-file', str(params_file)]
        for old, new in (remappings or {}).items():
            arguments += ['-r', f'{old}:={new}']
        for name, value in (parameters or {}).items():
            # JSON's quoting is valid YAML, and keeps a source such as '0' a string.
            arguments += ['-p', f'{name}:={json.dumps(value, ensure_ascii=False)}']
        self._processes[node] = subprocess.Popen(
            environment.node_command(node, *arguments),
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT if self._log else None,
            # Ctrl-C must reach this process only, which then stops the nodes.
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
        """Stop every node by SIGINT, as Ctrl-C does, and return their exit codes."""
        # A second Ctrl-C must not interrupt this and leave a node behind.
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
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        codes = {node: int(process.returncode) for node, process in self._processes.items()}
        self._processes.clear()
        return codes

    def __enter__(self) -> NodeProcesses:
        """Return this object."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the nodes that still run."""
        self.stop()
