"""What a person says of whole tracks and frames: verified, empty, unsure, and comments."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QInputDialog, QWidget

from workbench.core.edits import ChangeSet
from workbench.services import verdicts
from workbench.services.editing import join
from workbench.services.review_items import FRAME, TRACK, ReviewItem
from workbench.services.verdicts import EMPTY, NONE, UNSURE, VERIFIED
from workbench.ui.editor import Editor
from workbench.ui.state import UiState


class JudgeCommands(QObject):
    """Verdicts of the Review menu; each is taken back by the same key.

    Signals:
        refused(sentence): what has to be selected first.
    """

    refused = Signal(str)

    def __init__(self, state: UiState, editor: Editor, parent: QWidget) -> None:
        super().__init__(parent)
        self._state, self._editor, self._window = state, editor, parent

    @Slot()
    def verify_track(self) -> None:
        """Say that the selected tracks are right in all frames."""
        self._judge_tracks(VERIFIED)

    @Slot()
    def unsure_track(self) -> None:
        """Say that the selected tracks should be looked at again."""
        self._judge_tracks(UNSURE)

    @Slot()
    def verify_frame(self) -> None:
        """Say that all boxes of this frame are right and none is missing."""
        self._judge_frame(VERIFIED)

    @Slot()
    def empty_frame(self) -> None:
        """Say that there is nothing to mark in this frame."""
        self._judge_frame(EMPTY)

    @Slot()
    def unsure_frame(self) -> None:
        """Say that this frame should be looked at again."""
        self._judge_frame(UNSURE)

    @Slot()
    def comment(self) -> None:
        """Note something on the selected track, or on the frame when none is selected."""
        track, video = self._state.track_id, self._state.video
        if video is None:
            return
        said = self._said_of_track(track) if track is not None else self._said_of_frame()
        verdict, old = _verdict(said)
        what = "track" if track is not None else f"frame {self._state.frame}"
        text, agreed = QInputDialog.getText(self._window, "Comment", f"Comment on this {what}:", text=old)
        if not agreed or text == old:
            return
        project, frame = self._state.project, self._state.frame
        if track is not None:
            self._editor.do(lambda: verdicts.judge_track(project, track, verdict, comment=text))
        else:
            self._editor.do(lambda: verdicts.judge_frame(project, video.id, frame, verdict, comment=text))

    def _judge_tracks(self, verdict: str) -> None:
        tracks, project = self._state.selection, self._state.project
        if not tracks:
            self.refused.emit("Select the track first.")
            return
        said = {track: _verdict(self._said_of_track(track)) for track in tracks}
        again = all(old == verdict for old, _ in said.values())
        new = NONE if again else verdict

        def change() -> ChangeSet:
            return join([verdicts.judge_track(project, t, new, comment=said[t][1]) for t in tracks])

        self._editor.do(change)

    def _judge_frame(self, verdict: str) -> None:
        video, project, frame = self._state.video, self._state.project, self._state.frame
        if video is None:
            return
        old, comment = _verdict(self._said_of_frame())
        new = NONE if old == verdict else verdict
        self._editor.do(lambda: verdicts.judge_frame(project, video.id, frame, new, comment=comment))

    def _said_of_track(self, track: int | None) -> ReviewItem | None:
        return next((item for item in self._said(TRACK) if item.tracks == (track,)), None)

    def _said_of_frame(self) -> ReviewItem | None:
        return next((item for item in self._said(FRAME) if item.frame == self._state.frame), None)

    def _said(self, kind: str) -> list[ReviewItem]:
        video = self._state.video
        return [] if video is None else verdicts.judgements(self._state.project, video.id, kind)


def _verdict(said: ReviewItem | None) -> tuple[str, str]:
    return ("", "") if said is None else (said.verdict, said.row.comment)
