# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A lifecycle node that survives a lifecycle manager's mistake."""

from __future__ import annotations

import re
from typing import Any

from rclpy.lifecycle import LifecycleNode


class SafeLifecycleNode(LifecycleNode):
    """Refuses a transition that its state does not have.

    rclpy's own node ends with a traceback when it is asked for one, which would take the alert with
    it (seen with rclpy 7.1 and 9.1).
    """

    def __init__(self, name: str, namespace: str = '') -> None:
        """Make the node, unconfigured.

        Args:
            name: Name of the node.
            namespace: Absolute namespace; '' = that of the command line.
        """
        super().__init__(
            name,
            # A rule for this node alone takes precedence over the command line of the process.
            cli_args=['--ros-args', '-r', f'__ns:={namespace}'] if namespace else None,
            # Undeclared parameters reach NodeParameters, which refuses them with a better sentence.
            allow_undeclared_parameters=True,
        )
        # The attribute is private to rclpy, so a later version may lack it.
        service = getattr(self, '_service_change_state', None)
        if service is None:
            return
        change_state = service.callback

        def change_state_or_refuse(request: Any, response: Any) -> Any:
            try:
                return change_state(request, response)
            except Exception as error:
                # rcl's text ends with a line number in its own sources.
                reason = re.sub(r'[.,]* at /\S+', '', ' '.join(str(error).split()))
                self.get_logger().error(f'A transition was refused: {reason}.')
                response.success = False
                return response

        service.callback = change_state_or_refuse
