"""How the window looks: dark, so that the picture is the brightest thing on the screen."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

ACCENT = QColor("#4f9cf0")

_ROLES = {
    QPalette.ColorRole.Window: "#2a2d32",
    QPalette.ColorRole.WindowText: "#e4e6ea",
    QPalette.ColorRole.Base: "#1f2226",
    QPalette.ColorRole.AlternateBase: "#262a2f",
    QPalette.ColorRole.Text: "#e4e6ea",
    QPalette.ColorRole.PlaceholderText: "#8a9099",
    QPalette.ColorRole.Button: "#353940",
    QPalette.ColorRole.ButtonText: "#e4e6ea",
    QPalette.ColorRole.BrightText: "#ffffff",
    QPalette.ColorRole.ToolTipBase: "#3b4048",
    QPalette.ColorRole.ToolTipText: "#f0f2f5",
    QPalette.ColorRole.Highlight: "#2f6fb5",
    QPalette.ColorRole.HighlightedText: "#ffffff",
    QPalette.ColorRole.Link: "#7db8ff",
    QPalette.ColorRole.Light: "#464b53",
    QPalette.ColorRole.Midlight: "#3d4249",
    QPalette.ColorRole.Mid: "#25282c",
    QPalette.ColorRole.Dark: "#191b1e",
    QPalette.ColorRole.Shadow: "#0e0f11",
    QPalette.ColorRole.Accent: "#4f9cf0",
}

_DISABLED = (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText)

_SHEET = """
QToolBar { spacing: 2px; padding: 3px; border: 0; }
QToolBar QToolButton { padding: 4px 9px; border-radius: 4px; }
QToolBar QToolButton:hover { background: #40454d; }
QToolBar QToolButton:pressed { background: #2f6fb5; }
QToolBar::separator { background: #454a52; width: 1px; margin: 4px 6px; }
QDockWidget::title { padding: 4px 6px; background: #24272b; }
QHeaderView::section { background: #2a2d32; border: 0; padding: 3px 6px; }
QToolTip { padding: 3px; }
"""


def apply_theme(app: QApplication) -> None:
    """Give the program its looks."""
    app.setStyle("Fusion")
    palette = QPalette()
    for role, colour in _ROLES.items():
        palette.setColor(role, QColor(colour))
    for role in _DISABLED:
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#6d737c"))
    app.setPalette(palette)
    app.setStyleSheet(_SHEET)
