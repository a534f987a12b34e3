# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""Model files: found, verified against their description, and only then handed to a runtime.

A model is one JSON description beside its files::

    {"name": ..., "files": {"<role>": {"file": ..., "bytes": ..., "sha256": ...}}, ...}

Everything serving must know (input size, labels, crop margin, mean) stands in the description, so
that a model and its preprocessing cannot part.
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

    It lies in `share/mask_proximity/models` under the prefix that this module is installed in, or
    in `models` of the source tree that it is run from.

    Raises:
        ModelError: there is no such folder, so the package is not installed completely.
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
        path: of the JSON file; the model's files lie beside it.
        content: the JSON object.
    """

    path: Path
    content: dict[str, Any]

    @classmethod
    def load(cls, path: Path) -> ModelDescription:
        """Read a description.

        Raises:
            ModelError: the file is missing or is not such a description.
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
            key: of the JSON object.
            kind: type that it must have.
            within: for a number, the least and the greatest that it may be.

        Raises:
            ModelError: the key is missing, of another type, or out of range.
        """
        value: Any = self.content.get(key)
        # To Python a bool is an int; to JSON it is not.
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
        """The path of the file that plays `role`, e.g. 'litert'.

        Raises:
            ModelError: the model has no such file.
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
        """The bytes of the file that plays `role`, verified by length and sha256.

        Raises:
            ModelError: missing, truncated or foreign; the text names the path and both hashes.
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
                f'({entry.get("bytes")} bytes); it is truncated or foreign, restore it'
            )
        return content
