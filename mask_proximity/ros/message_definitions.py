# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The text of message types, with all types that they hold, as recordings carry it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory

_LINE = '=' * 80
_BUILT_IN = re.compile(r'(bool|byte|char|u?int(8|16|32|64)|float(32|64)|w?string)(<=\d+)?')
# A field: type, bounds or size of an array, name. A constant has '=' behind its name.
_FIELD = re.compile(r'^([\w/]+(?:<=\d+)?)(?:\[[^\]]*\])?\s+\w+(?!\s*=)', re.MULTILINE | re.ASCII)


def type_name(message_class: type[Any]) -> str:
    """The name of a message's type, e.g. 'sensor_msgs/msg/Image'."""
    return f'{message_class.__module__.partition(".")[0]}/msg/{message_class.__name__}'


def definition(kind: str) -> str:
    """The definition of a type, followed by those of all types within.

    Args:
        kind: Name of the type, e.g. 'sensor_msgs/msg/Image'.

    Raises:
        LookupError: The package of a type is not installed.
        OSError: The definition of a type is not installed.
    """
    package, _, name = kind.split('/')
    texts: dict[str, str] = {}
    _collect(f'{package}/{name}', texts)
    first, *others = texts.items()
    return first[1] + ''.join(f'{_LINE}\nMSG: {other}\n{text}' for other, text in others)


def _collect(name: str, texts: dict[str, str]) -> None:
    if name in texts:
        return
    package, _, short = name.partition('/')
    text = Path(get_package_share_directory(package), 'msg', f'{short}.msg').read_text('utf-8')
    texts[name] = text if text.endswith('\n') else f'{text}\n'
    for field in _FIELD.findall(text):
        if not _BUILT_IN.fullmatch(field):
            _collect(field if '/' in field else f'{package}/{field}', texts)
