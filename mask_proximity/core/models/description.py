# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Model descriptions: they find the files of a model and verify them before a runtime loads them.

A model consists of a JSON description and the files beside it::

    {"name": ..., "files": {"<role>": {"file": ..., "bytes": ..., "sha256": ...}}, ...}

The description also holds the preprocessing (input size, labels, crop margin, mean), so that it
cannot get separated from the model.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mask_proximity.core.errors import ModelError

FACE_SSD = 'face_ssd.json'
MASK_CLASSIFIER = 'mask_classifier.json'


def models_directory() -> Path:
    """The folder of the models that come with the package.

    It is `share/mask_proximity/models` under the prefix that this module is installed in, or
    `models` in the source tree that it is run from.

    Raises:
        ModelError: There is no such folder, so the package is not installed completely.
    """
    for parent in Path(__file__).resolve().parents:
        for folder in (parent / 'share' / 'mask_proximity' / 'models', parent / 'models'):
            if (folder / FACE_SSD).is_file():
                return folder
    raise ModelError(
        f'the folder of the models was not found above {Path(__file__).parent}: expected '
        'share/mask_proximity/models under the same prefix; install the package again'
    )


@dataclass(frozen=True)
class ModelDescription:
    """A model's description, read from its JSON file.

    Attributes:
        path: Path of the JSON file; the model's files are beside it.
        content: The JSON object.
    """

    path: Path
    content: dict[str, Any]

    @classmethod
    def load(cls, path: Path) -> ModelDescription:
        """Read a description.

        Raises:
            ModelError: The file is missing or is not a description of a model.
        """
        try:
            content = json.loads(path.read_text(encoding='utf-8'))
        except FileNotFoundError:
            raise ModelError(
                f'{path}: there is no such file; expected the JSON description of a model'
            ) from None
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise ModelError(
                f'{path}: expected the JSON description of a model, but it cannot be read ({error})'
            ) from None
        if not isinstance(content, dict) or not isinstance(content.get('files'), dict):
            raise ModelError(
                f"{path}: expected the JSON description of a model with a 'files' table; "
                'give the .json file that training wrote'
            )
        return cls(path, content)

    def get(
        self,
        key: str,
        kind: type | tuple[type, ...],
        within: tuple[float, float] | None = None,
    ) -> Any:
        """The value of `key`.

        Args:
            key: Key in the JSON object.
            kind: Type that the value must have.
            within: Smallest and largest value allowed, for a number.

        Raises:
            ModelError: The key is missing, or its value has another type or is out of range.
        """
        value: Any = self.content.get(key)
        # In Python a bool is an int, in JSON it is not.
        fits = isinstance(value, kind) and not isinstance(value, bool)
        if not fits or (within is not None and not within[0] <= value <= within[1]):
            kinds = kind if isinstance(kind, tuple) else (kind,)
            limits = f' from {within[0]:g} to {within[1]:g}' if within is not None else ''
            raise ModelError(
                f'{self.path}: the description of this model needs {key!r} of type '
                f'{" or ".join(each.__name__ for each in kinds)}{limits}, but it has {value!r}'
            )
        return value

    def file(self, role: str) -> Path:
        """The path of the file with a role, e.g. 'litert'.

        Raises:
            ModelError: The model has no such file.
        """
        entry = self.content['files'].get(role)
        if entry is None:
            roles = ', '.join(sorted(self.content['files'])) or 'none'
            raise ModelError(f'{self.path}: this model has no {role!r} file; it has: {roles}')
        if not isinstance(entry, dict) or not all(
            isinstance(entry.get(key), str) for key in ('file', 'sha256')
        ):
            raise ModelError(
                f"{self.path}: the {role!r} of 'files' is {entry!r}, expected an object with "
                "'file' and 'sha256'"
            )
        return self.path.parent / str(entry['file'])

    def read(self, role: str) -> bytes:
        """The bytes of the file with a role, verified by their sha256.

        Raises:
            ModelError: The file is missing, truncated, or not the expected one. The text names the
                path and both hashes.
        """
        path = self.file(role)
        entry = self.content['files'][role]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelError(
                f'{path}: this model file cannot be read ({error.strerror}); expected '
                f'{entry.get("bytes")} bytes with sha256 {entry["sha256"]}'
            ) from None
        digest = hashlib.sha256(content).hexdigest()
        if digest != entry['sha256']:
            raise ModelError(
                f'{path}: this is not the expected model file: its sha256 is {digest} '
                f'({len(content)} bytes), expected {entry["sha256"]} '
                f'({entry.get("bytes")} bytes); it is truncated or belongs to another model; '
                'restore it'
            )
        return content
