"""Qt's bindings must not drop references to None: one release did, on one Python, and died of it."""

import sys

from PySide6.QtCore import QObject


def test_void_calls_keep_the_count_of_references_to_none(qapp):
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(300):
        thing.setObjectName("x")
        thing.blockSignals(False)
    assert sys.getrefcount(None) - before > -150
