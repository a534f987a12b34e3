# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A window for pictures, where there is a display and pygame."""

from __future__ import annotations

import os
from typing import Any

import cv2

from mask_proximity.core.types import Image


class Window:
    """Shows the newest picture; q or closing it ends."""

    def __init__(self, pygame: Any, title: str) -> None:
        """Use `Window.open`."""
        self._pygame = pygame
        self._title = title
        self._screen: Any = None

    @classmethod
    def open(cls, title: str) -> Window | None:
        """A window, or None where none can be had; the reason is printed."""
        if not any(os.environ.get(name) for name in ('DISPLAY', 'WAYLAND_DISPLAY')):
            return None
        os.environ.setdefault('PYGAME_HIDE_SUPPORT_PROMPT', '1')
        try:
            import pygame
        except ImportError:
            print('For a window: pip install pygame-ce')
            return None
        try:
            pygame.display.init()
        except pygame.error as error:
            print(f'There is a display, but no window can be opened on it ({error}).')
            return None
        return cls(pygame, title)

    def show(self, image: Image) -> None:
        """Show a picture (height x width x 3, uint8, BGR)."""
        size = (image.shape[1], image.shape[0])
        if self._screen is None or self._screen.get_size() != size:
            self._screen = self._pygame.display.set_mode(size)
            self._pygame.display.set_caption(self._title)
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        self._screen.blit(self._pygame.image.frombuffer(rgb.tobytes(), size, 'RGB'), (0, 0))
        self._pygame.display.flip()

    def is_open(self) -> bool:
        """Whether nobody has pressed q or closed the window. Call it often."""
        for event in self._pygame.event.get():
            if event.type == self._pygame.QUIT:
                return False
            if event.type == self._pygame.KEYDOWN and event.key == self._pygame.K_q:
                return False
        return True

    def close(self) -> None:
        """Close it."""
        self._pygame.display.quit()
