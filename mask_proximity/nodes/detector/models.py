# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""The nets of detector_node: those in use, and those that a change of parameters asks for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

from mask_proximity.core.alert.policy import AlertPolicy
from mask_proximity.core.errors import ModelError, error_sentence
from mask_proximity.core.perception import loaded_nets
from mask_proximity.core.perception.loaded_nets import LoadedNets
from mask_proximity.core.perception.net_pool import NetPool
from mask_proximity.core.perception.nets import use_same_nets
from mask_proximity.core.perception.pipeline import Pipeline
from mask_proximity.core.settings.nodes import DetectorSettings

_TAKE_PERIOD = 0.005
"""Seconds between two looks for an image while nets are loaded."""


class Models:
    """Loads nets beside those in use, so that images are still judged meanwhile.

    Belongs to the executor's thread.

    Attributes:
        loaded: Nets in use; None while the node is unconfigured.
        pipeline: Runs them; None while the node is unconfigured.
    """

    def __init__(self, pool: NetPool, policy: AlertPolicy, take_image: Callable[[], None]) -> None:
        """Load nothing yet.

        Args:
            pool: Nets of the process.
            policy: Rule of the pipeline.
            take_image: Takes an image from the middleware if one has come; called all the while
                that nets are loaded, since the executor has a single thread, which waits here.
        """
        self.loaded: LoadedNets | None = None
        self.pipeline: Pipeline | None = None
        self._pool, self._policy, self._take_image = pool, policy, take_image
        self._prepared: tuple[DetectorSettings, LoadedNets] | None = None

    @property
    def is_prepared(self) -> bool:
        """Whether nets are loaded that are not in use yet."""
        return self._prepared is not None

    def configure(self, settings: DetectorSettings) -> LoadedNets:
        """Load the nets that the settings name, unless they are prepared, and use them.

        Raises:
            ModelError: A net cannot be loaded; the text says why.
        """
        loaded = self._take_prepared(settings) or loaded_nets.load(self._pool, settings)
        self.loaded, self.pipeline = loaded, Pipeline(loaded.nets, self._policy)
        return loaded

    def release(self) -> None:
        """Free the nets in use."""
        self.loaded = self.pipeline = None

    def prepare(self, old: DetectorSettings, new: DetectorSettings, starting: bool) -> None:
        """Load the nets that other settings ask for, if they are others than those in use.

        Args:
            old: Settings in force.
            new: Settings that may be in force next.
            starting: Whether to load them although none are in use.

        Raises:
            ModelError: A net cannot be loaded; the text says why.
        """
        self._prepared = None
        # The speed of the nets, which is measured on loading, depends on the input size.
        same = use_same_nets(old, new) and new.face_input_size == old.face_input_size
        if same or (self.pipeline is None and not starting):
            return
        with ThreadPoolExecutor(1) as loader:
            loading = loader.submit(loaded_nets.load, self._pool, new)
            while not wait([loading], _TAKE_PERIOD).done:
                self._take_image()
            try:
                self._prepared = new, loading.result()
            except Exception as error:
                raise ModelError(error_sentence(error)) from None

    def swap(self, settings: DetectorSettings) -> LoadedNets | None:
        """Use the nets that were prepared for these settings from the next frame on.

        Returns:
            These nets; None if there are none, or the node is unconfigured.
        """
        loaded = self._take_prepared(settings)
        if loaded is None or self.pipeline is None:
            return None
        self.loaded = loaded
        self.pipeline.replace_nets(loaded.nets)
        return loaded

    def _take_prepared(self, settings: DetectorSettings) -> LoadedNets | None:
        prepared, self._prepared = self._prepared, None
        return prepared[1] if prepared is not None and prepared[0] == settings else None
