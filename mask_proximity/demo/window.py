# Copyright 2026 mask_proximity contributors
# SPDX-License-Identifier: Apache-2.0
"""A window that shows images, if there is a display and pygame is installed."""

from __future__ import annotations

import os
from typing import Any

import cv2

from mask_proximity.core.types import Image


class Window:
    """Shows the newest image until it is closed or q is pressed."""

    def __init__(self, pygame: Any, title: str) -> None:
        """Use `Window.open` instead.

        Args:
            pygame: The module pygame, with its display initialized.
            title: Title of the window.
        """
        self._pygame = pygame
        self._title = title
        self._screen: Any = None

    @classmethod
    def open(cls, title: str) -> Window | None:
        """Open a window; if that is impossible, print why and return None.

        Nothing is printed if there is no display.
        """
        if not any(os.environ.get(name) for name in ('DISPLAY', 'WAYLAND_DISPLAY')):
            return None
        os.environ.setdefault('PYGAME_HIDE_SUPPORT_PROMPT', '1')
        try:
            import pygame
        except ImportError:
            print('To see a window: pip install pygame-ce')
            return None
        try:
            pygame.display.init()
        except pygame.error as error:
            print(f'There is a display, but no window can be opened on it ({error}).')
            return None
        return cls(pygame, title)

    def show(self, image: Image) -> None:
        """Show an image (height x width x 3, uint8, BGR)."""
        size = (image.shape[1], image.shape[0])
        if self._screen is None or self._screen.get_size() != size:
            self._screen = self._pygame.display.set_mode(size)
            self._pygame.display.set_caption(self._title)
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        self._screen.blit(self._pygame.image.frombuffer(rgb.tobytes(), size, 'RGB'), (0, 0))
        self._pygame.display.flip()

    def is_open(self) -> bool:
        """Whether the window is still open; False once q was pressed. Call it often."""
        for event in self._pygame.event.get():
            if event.type == self._pygame.QUIT:
                return False
            if event.type == self._pygame.KEYDOWN and event.key == self._pygame.K_q:
                return False
        return True

    def close(self) -> None:
        """Close the window."""
        self._pygame.display.quit()
