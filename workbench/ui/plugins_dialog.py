"""The plugins there are, what they bring, and what is wrong with them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.services.plugin_code import Plugin
from workbench.services.plugin_finding import Plugins, user_plugins

COLUMNS = ("Plugin", "State", "Brings", "What there is to say")


class PluginsDialog(QDialog):
    """Lists plugins; ``refresh`` shows what has become known of them meanwhile."""

    def __init__(self, plugins: Plugins, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Plugins")
        self.resize(860, 420)
        self._plugins = plugins
        self.table = QTableWidget(len(plugins.all), len(COLUMNS))
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setWordWrap(True)
        self.table.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        where = QLabel(
            f"Your own plugins belong into {user_plugins()}; they are looked for at the next start."
        )
        where.setWordWrap(True)
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table, 1)
        layout.addWidget(where)
        layout.addWidget(buttons)
        self.refresh()

    def refresh(self) -> None:
        """Show each plugin as it is now."""
        for row, plugin in enumerate(self._plugins.all):
            for column, text in enumerate(_row(plugin)):
                item = QTableWidgetItem(text)
                item.setToolTip(f"{plugin.folder}\n{text}")
                self.table.setItem(row, column, item)
        self.table.resizeColumnsToContents()
        self.table.resizeRowsToContents()


def _row(plugin: Plugin) -> tuple[str, str, str, str]:
    brings = "\n".join(f"{c.point} {c.name}" for c in plugin.contributions)
    said = plugin.reason or plugin.failure or (plugin.manifest.description if plugin.manifest else "")
    version = f" {plugin.manifest.version}" if plugin.manifest else ""
    return f"{plugin.name}{version}", plugin.state, brings, said
