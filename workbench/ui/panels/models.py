"""The library of models: what there is, what each is for, and what it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import (
    QGridLayout,
    QHeaderView,
    QPushButton,
    QSplitter,
    QTextBrowser,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.services.model_listing import TITLES, describe_model
from workbench.services.models import ModelEntry

NAME = Qt.ItemDataRole.UserRole
PURPOSES = {
    "ctdet": "boxes of objects",
    "multi_pose": "people and their joints",
    "ddd": "boxes in space",
    "exdet": "boxes from extreme points",
    "agnex": "boxes from extreme points, of no class",
    "mot": "boxes and how they look, for tracking",
    "tracking": "boxes and their motion, for tracking",
    "tracking,ddd": "boxes in space and their motion",
    "tracking,multi_pose": "people, their joints and motion",
    "sot": "follows one target",
    "action": "what people do, from their joints",
}


class ModelsPanel(QWidget):
    """Lists models by where they are; what can be done with the chosen one are its buttons.

    Signals:
        add_wanted: a file shall be added.
        download_wanted(name), verify_wanted(name), remove_wanted(name), page_wanted(name): of one model.
        use_wanted(name): double click.
    """

    add_wanted = Signal()
    download_wanted = Signal(str)
    verify_wanted = Signal(str)
    remove_wanted = Signal(str)
    page_wanted = Signal(str)
    use_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, ModelEntry] = {}
        self._tree = QTreeWidget()
        self._tree.setHeaderLabels(["Model", "State", "For"])
        self._tree.setRootIsDecorated(False)
        self._tree.setIndentation(10)
        self._tree.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._tree.header().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self._tree.currentItemChanged.connect(self._on_current)
        self._tree.itemDoubleClicked.connect(self._on_double_click)
        self._facts = QTextBrowser()
        self._facts.setOpenExternalLinks(True)
        self._facts.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._facts.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(self._tree)
        halves.addWidget(self._facts)
        halves.setSizes([300, 220])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(halves, 1)
        layout.addLayout(self._make_buttons())
        self._on_current()

    def _make_buttons(self) -> QGridLayout:
        add = QPushButton("Add file…")
        add.setToolTip("Copy a file of weights into the library; your file stays as it is")
        add.clicked.connect(self.add_wanted)
        self._download = self._button("Download", "Fetch it; a stopped download is continued")
        self._verify = self._button("Verify", "Compare its file with its checksum")
        self._remove = self._button("Remove…", "Delete the library's copy")
        self._page = self._button("Origin page", "Open the page where its authors offer it, in a browser")
        grid = QGridLayout()
        for place, button in enumerate((add, self._download, self._page, self._verify, self._remove)):
            grid.addWidget(button, place // 3, place % 3)
        return grid

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(self._on_button)
        return button

    def show_models(self, entries: Sequence[ModelEntry]) -> None:
        """List these models; the chosen one stays chosen."""
        chosen = self.chosen
        self._entries = {entry.name: entry for entry in entries}
        with QSignalBlocker(self._tree):
            self._tree.clear()
            for place, title in TITLES.items():
                mine = [entry for entry in entries if entry.place == place]
                if mine:
                    self._add_group(title, mine)
            self._tree.expandAll()
        self.choose(chosen)

    def _add_group(self, title: str, entries: Sequence[ModelEntry]) -> None:
        group = QTreeWidgetItem(self._tree, [f"{title} ({len(entries)})"])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        group.setFirstColumnSpanned(True)
        for entry in entries:
            item = QTreeWidgetItem(group, [entry.name, state(entry), purpose(entry)])
            item.setData(0, NAME, entry.name)
            licence = entry.licence or "not stated"
            item.setToolTip(0, f"{entry.spec}; licence: {licence}")
            item.setToolTip(2, purpose(entry))
            item.setToolTip(1, f"It needs {entry.needs}." if entry.needs else "It can be used.")
            if entry.needs:
                for column in range(3):
                    item.setForeground(column, self.palette().placeholderText())

    @property
    def chosen(self) -> str:
        """Name of the chosen model, "" when none is."""
        item = self._tree.currentItem()
        return str((item and item.data(0, NAME)) or "")

    def choose(self, name: str) -> None:
        """Choose a model, if it is listed."""
        found = [item for item in self._items() if item.data(0, NAME) == name]
        if found:
            self._tree.setCurrentItem(found[0])
        else:
            self._tree.setCurrentIndex(QModelIndex())
        self._on_current()

    def _items(self) -> Iterator[QTreeWidgetItem]:
        for number in range(self._tree.topLevelItemCount()):
            group = self._tree.topLevelItem(number)
            if group is not None:
                yield from filter(None, (group.child(i) for i in range(group.childCount())))

    @Slot()
    def _on_current(self) -> None:
        entry = self._entries.get(self.chosen)
        published = entry.published if entry else None
        self._download.setEnabled(bool(entry and entry.place == "available" and published and published.url))
        self._verify.setEnabled(bool(entry and entry.path))
        self._remove.setEnabled(bool(entry and entry.place == "installed"))
        self._page.setEnabled(bool(published and published.page))
        self._facts.setHtml(facts(entry) if entry else "Choose a model to read about it.")

    @Slot()
    def _on_button(self) -> None:
        for button, signal in (
            (self._download, self.download_wanted),
            (self._verify, self.verify_wanted),
            (self._remove, self.remove_wanted),
            (self._page, self.page_wanted),
        ):
            if button is self.sender():
                signal.emit(self.chosen)

    @Slot(QTreeWidgetItem)
    def _on_double_click(self, item: QTreeWidgetItem) -> None:
        if item.data(0, NAME):
            self.use_wanted.emit(item.data(0, NAME))


def purpose(entry: ModelEntry) -> str:
    """What a model is for, in a few words."""
    return PURPOSES.get(entry.spec.task, str(entry.spec))


def state(entry: ModelEntry) -> str:
    """Whether it can be used, in a word: "fetch" is for the user to do, "download" for the program."""
    if entry.place == "available":
        return "download" if entry.published and entry.published.url else "fetch"
    return "unusable" if entry.needs else "ready"


def facts(entry: ModelEntry) -> str:
    """All that is known of a model, as a table whose addresses can be clicked."""
    rows = []
    for line in (f"for  {purpose(entry)}", *describe_model(entry).splitlines()):
        name, _, value = line.partition("  ")
        value = value.strip().replace("&", "&amp;").replace("<", "&lt;")
        if value.startswith(("http://", "https://")):
            value = f'<a href="{value}">{value}</a>'
        rows.append(f"<tr><td style='padding-right:8px'><b>{name}</b></td><td>{value}</td></tr>")
    return f"<table>{''.join(rows)}</table>"
