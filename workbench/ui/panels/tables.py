"""How the tables of the panels look and behave."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView


def choose_rows(table: QTableView, *, height: int, several: bool = False) -> None:
    """Whole rows are chosen, one or several; no lines between them, and the Tab key goes on to what is next.

    Args:
        height: of a row, pixels.
    """
    modes = QAbstractItemView.SelectionMode
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(modes.ExtendedSelection if several else modes.SingleSelection)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(height)
    table.setShowGrid(False)
    table.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    table.setTabKeyNavigation(False)


def fix_widths(table: QTableView, widths: Mapping[int, int]) -> None:
    """Give columns so many pixels until somebody drags them; the others take the room that is left."""
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    for column, width in widths.items():
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        table.setColumnWidth(column, width)
    table.setWordWrap(False)
