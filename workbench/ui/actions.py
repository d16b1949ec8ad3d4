"""Every action of the window: its menu, its words and its keys. The commands behind them are elsewhere.

An action that is not in this table does not exist: menus, tool tips, the list under F1 and the remapping
are all made from it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionSpec:
    """One action.

    Args:
        id: name of the command's method, and of the setting that holds its keys.
        menu: title of the menu it is in.
        text: what the menu shows.
        tip: what it does, one sentence.
        keys: default keys, the first one shown in the menu.
        checkable: whether it is on or off rather than done.
        separated: whether a line stands above it in the menu.
        command: name of the method that does it, where that is not the id.
        argument: what the method is called with, if anything.
        instead: id of the action whose keys it has while it can be done; that one cannot be done then.
    """

    id: str
    menu: str
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    checkable: bool = False
    separated: bool = False
    command: str = ""
    argument: int | None = None
    instead: str = ""


def _a(
    id: str, menu: str, text: str, tip: str, *keys: str, check: bool = False, line: bool = False
) -> ActionSpec:
    return ActionSpec(id, menu, text, tip, keys, check, line)


ACTIONS: tuple[ActionSpec, ...] = (
    _a("open_video", "File", "Open video…", "Open a video file; its project is kept beside it", "Ctrl+O"),
    _a("open_folder", "File", "Open image folder…", "Open the pictures of a folder as a sequence", "Ctrl+Shift+O"),
    _a("add_video", "File", "Add video to project…", "Keep another video in this project, with the same classes"),
    _a("open_project", "File", "Open project…", "Open a .wbp project folder", "Ctrl+Alt+O"),
    _a("record_camera", "File", "Record from camera…", "Watch a camera and record it; then open the recording"),
    _a("locate_video", "File", "Locate video…", "Say where the video's file is now"),
    _a("import_file", "File", "Import…", "Read boxes from a MOTChallenge or COCO file", "Ctrl+I", line=True),
    _a("export_files", "File", "Export…", "Write the boxes in another format", "Ctrl+E"),
    _a("save", "File", "Save", "Every edit is saved as it is made; this only says so", "Ctrl+S"),
    _a("quit", "File", "Quit", "Close the window; a running tracker stops and keeps its boxes", "Ctrl+Q", line=True),
    _a("undo", "Edit", "Undo", "Take the last edit back, also one from before the last start", "Ctrl+Z"),
    _a("redo", "Edit", "Redo", "Make the edit that was taken back again", "Ctrl+Shift+Z", "Ctrl+Y"),
    _a("track_history", "Edit", "History of track", "List what was done to the selected track; again: everything"),
    _a("copy_box", "Edit", "Copy box", "Remember the selected box", "Ctrl+C", line=True),
    _a("paste_box", "Edit", "Paste box", "Put the remembered box into this frame, on its track or as a new one", "Ctrl+V"),
    _a("delete_box", "Edit", "Delete box", "Delete the selected boxes in this frame, or in the range", "Del"),
    _a("delete_before", "Edit", "Delete track before here", "Delete the selected track's boxes before this frame", "Shift+Home"),
    _a("delete_after", "Edit", "Delete track after here", "Delete the selected track's boxes after this frame", "Shift+End"),
    _a("delete_track", "Edit", "Delete track", "Delete the selected tracks wholly", "Ctrl+Del"),
    _a("select_next", "Edit", "Select next", "Select the next box of this frame", "Tab", line=True),
    _a("select_previous", "Edit", "Select previous", "Select the previous box of this frame", "Shift+Tab"),
    _a("cancel", "Edit", "Cancel", "Leave the mode, stop the tracker, clear the range, deselect: one at a time", "Esc"),
    _a("new_box", "Box", "New box", "Draw a box of the current class; it starts a new track", "N"),
    _a("add_box", "Box", "Add box to track", "Draw the selected track's box where it has none", "Shift+N"),
    _a("propagate", "Box", "Propagate…", "Copy the box over the range, or over the frames asked for", "Ctrl+B"),
    _a("interpolate", "Box", "Interpolate", "Fill gaps between keyframes; with a range, also replace what a model found in it", "I"),
    _a("toggle_keyframe", "Box", "Keyframe", "Make this box a keyframe, or an interpolated one again", "K", line=True),
    _a("toggle_occluded", "Box", "Occluded", "Mark the box as hidden behind something, here or in the range", "Q", "/"),
    _a("toggle_outside", "Box", "Outside", "Mark the target as out of the picture from here on", "O"),
    _a("toggle_verified", "Box", "Verified", "Say that the box is right, here or in the range; runs keep it", "Return"),
    _a("set_class", "Box", "Set class…", "Give the selected tracks another class (or press 1 to 9)", "F3", line=True),
    _a("set_number", "Box", "Set number…", "Give the selected track another identity number", "F2"),
    _a("edit_classes", "Box", "Edit classes…", "Add, rename and colour classes"),
    *(
        ActionSpec(
            f"class_{n}", "Class", f"Class {n}", f"New boxes and the selected tracks are of class {n} of the list",
            (str(n),), command="use_class", argument=n - 1,
        )
        for n in range(1, 10)
    ),
    _a("track_forward", "Track", "Track forward", "Follow the selected and queued boxes forward; again: stop", "T"),
    _a("track_backward", "Track", "Track backward", "Follow the selected and queued boxes backward; again: stop", "Shift+T"),
    _a("queue_target", "Track", "Queue target", "Let the selected box wait for the next tracking pass", "Shift+Q"),
    _a("stop", "Track", "Stop", "Stop the running job; what was tracked is kept", "Ctrl+."),
    _a("follow_view", "Track", "Follow while tracking", "Show the frames as they are tracked", check=True),
    _a("choose_checkpoint", "Track", "Use ATOM checkpoint…", "Track with a published ATOM checkpoint", line=True),
    _a("run_video", "Run", "Run", "Detect and track everything with what the panel Run says; again: stop", "Shift+R"),
    _a("run_on", "Run", "Go on", "Go on with the chosen run, which was stopped or broke off"),
    _a("track_again", "Run", "Track again", "Try the tracker on what the chosen run has detected", line=True),
    _a("select_run", "Run", "Select tracks", "Select the tracks that have boxes of the chosen run"),
    _a("swap_tracks", "Identity", "Swap", "Exchange two selected tracks from here on, or in the range", "W"),
    _a("merge_tracks", "Identity", "Merge", "Give the second selected track's boxes to the first, or those in the range", "J"),
    _a("join_tracks", "Identity", "Join chain", "Make the selected tracks one, and fill what lies between them", "Shift+J"),
    _a("split_track", "Identity", "Split here", "Let a new track begin at this frame, or have the range", "P"),
    _a("renumber_track", "Identity", "Renumber from here…", "Give the track a number from here on, or in the range; if it is another track's, it becomes that one", "Shift+F2"),
    _a("relabel_tracks", "Identity", "Relabel…", "Give the selected tracks another class, shown first"),
    _a("end_track", "Identity", "End here", "Delete the selected tracks' boxes after this frame", "Shift+O", line=True),
    _a("delete_span", "Identity", "Delete in range", "Delete the selected tracks' boxes in the range", "Ctrl+Shift+Del"),
    _a("extend_forward", "Identity", "Extend forward", "Follow the track with the tracker from its last box on", "Ctrl+T", line=True),
    _a("extend_backward", "Identity", "Extend backward", "Follow the track with the tracker back from its first box", "Ctrl+Shift+T"),
    _a("fill_gaps", "Identity", "Fill gaps", "Fill the track's gaps along straight lines, or those in the range", "Shift+I"),
    _a("fill_with_tracker", "Identity", "Fill gaps with tracker", "Fill the track's gaps with the tracker, from both ends", "Ctrl+Shift+I"),
    ActionSpec(
        "apply_preview", "Identity", "Apply", "Make the correction that is shown; Esc leaves it", ("Return",),
        separated=True, instead="toggle_verified",
    ),
    _a("find_issues", "Review", "Find issues", "Look for errors of identity in the whole video; again: stop", "Ctrl+F"),
    _a("review_sheet", "Review", "Sheet", "See many issues at once: 1 to 9 answer them, Return applies the sheet, Esc leaves it", "Shift+S"),
    _a("join_fragments", "Review", "Join fragments…", "Join all fragments that probably go on as each other, as one edit", "Ctrl+Shift+J"),
    _a("next_item", "Review", "Next issue", "Show the next issue of the list", ".", line=True),
    _a("previous_item", "Review", "Previous issue", "Show the issue before", ","),
    _a("leave_review", "Review", "Leave issue", "Show no issue"),
    _a("accept_item", "Review", "Accept", "Make the correction that is shown, and go on to the next issue", "G", line=True),
    _a("accept_second", "Review", "Accept second", "Make the second of the corrections that are offered", "Shift+G"),
    _a("accept_third", "Review", "Accept third", "Make the third of the corrections that are offered", "Ctrl+Shift+G"),
    _a("reject_item", "Review", "Reject", "There is no error here; do not ask again, also after later runs", "B"),
    _a("skip_item", "Review", "Skip", "Put the issue off", "S"),
    _a("other_fix", "Review", "Other fix…", "Choose another operation, which answers the issue", "V"),
    _a("toggle_preview", "Review", "Before / after", "Show the boxes as they are, or as the correction would leave them", "`"),
    _a("reopen_item", "Review", "Ask again", "Open an issue again that was rejected or skipped"),
    _a("comment_item", "Review", "Comment on issue…", "Note something on the issue that is shown"),
    _a("verify_track", "Review", "Track verified", "The selected tracks are right in all frames; again: take it back", "Ctrl+Return", line=True),
    _a("unsure_track", "Review", "Track unsure", "The selected tracks should be looked at again; again: take it back", "U"),
    _a("verify_frame", "Review", "Frame verified", "All boxes of this frame are right and none is missing; again: take it back", "Ctrl+Shift+Return"),
    _a("empty_frame", "Review", "Frame verified empty", "There is nothing to mark in this frame; again: take it back", "Alt+Return"),
    _a("unsure_frame", "Review", "Frame unsure", "This frame should be looked at again; again: take it back", "Shift+U"),
    _a("comment", "Review", "Comment…", "Note something on the selected track, or on the frame when none is selected", "Ctrl+M"),
    _a("detect_frame", "Detect", "Detect here", "Run the chosen model on this frame; again: stop", "M"),
    _a("detect_range", "Detect", "Detect in range…", "Run a model over a range of frames", "Shift+M"),
    _a("accept_found", "Detect", "Accept", "Keep the detections that are shown, in all frames, as new tracks", "Shift+Return", line=True),
    _a("discard_found", "Detect", "Discard", "Forget all detections that were not accepted", "Backspace"),
    _a("show_heat", "Detect", "Heat map", "Lay a detector's or the tracker's heat map over the picture", "X", check=True, line=True),
    _a("next_heat", "Detect", "Next heat map", "Show the heat map of the next class or head", "Shift+X"),
    _a("add_model", "Detect", "Add model…", "Copy a file of weights into your library of models", line=True),
    _a("draw_line", "Measure", "New line", "Draw a line; who crosses it is counted", "L"),
    _a("draw_zone", "Measure", "New zone", "Draw a zone; who is in it and how long is counted", "Shift+L"),
    _a("delete_region", "Measure", "Delete line or zone", "Delete the line or zone chosen in Statistics"),
    _a("save_statistics", "Measure", "Export statistics…", "Write the counts as tables and a plot"),
    _a("score_tracks", "Measure", "Score tracks", "Score the tracks chosen in Scores against ground truth", line=True),
    _a("save_scores", "Measure", "Export scores…", "Write the scores as JSON, with a plot"),
    _a("next_frame", "Go", "Next frame", "One frame forward", "Right", "D"),
    _a("previous_frame", "Go", "Previous frame", "One frame back", "Left", "A"),
    _a("step_forward", "Go", "10 frames forward", "Ten frames forward", "Ctrl+Right", "PgDown"),
    _a("step_back", "Go", "10 frames back", "Ten frames back", "Ctrl+Left", "PgUp"),
    _a("first_frame", "Go", "First frame", "Go to the start of the video", "Home"),
    _a("last_frame", "Go", "Last frame", "Go to the end of the video", "End"),
    _a("go_to_frame", "Go", "Go to frame…", "Go to a frame by its number", "Ctrl+G", "Ctrl+J"),
    _a("play", "Go", "Play", "Play or pause", "Space", check=True),
    _a("next_keyframe", "Go", "Next keyframe", "Go to the selected track's next keyframe", "R", line=True),
    _a("previous_keyframe", "Go", "Previous keyframe", "Go to the selected track's previous keyframe", "E"),
    _a("track_start", "Go", "Start of track", "Go to the selected track's first box", "Ctrl+Home"),
    _a("track_end", "Go", "End of track", "Go to the selected track's last box", "Ctrl+End"),
    _a("scope_start", "Go", "Range starts here", "Let the range for commands start at this frame", "[", line=True),
    _a("scope_stop", "Go", "Range ends here", "Let the range for commands end with this frame", "]"),
    _a("scope_clear", "Go", "Clear range", "Commands concern this frame only", "\\"),
    _a("fit", "View", "Fit", "Show the whole picture", "F", "Ctrl+0"),
    _a("zoom_in", "View", "Zoom in", "Enlarge the picture; the wheel does it at the cursor", "Ctrl++", "Ctrl+="),
    _a("zoom_out", "View", "Zoom out", "Make the picture smaller", "Ctrl+-"),
    _a("zoom_selection", "View", "Zoom to box", "Show the selected box large", "Z"),
    _a("hide_boxes", "View", "Hide boxes", "Show the picture alone", "H", check=True, line=True),
    _a("hide_labels", "View", "Hide labels", "Show boxes without their labels", "Shift+H", check=True),
    _a("show_trails", "View", "Trails", "Show where each target has been", "Y", check=True),
    _a("show_regions", "View", "Lines and zones", "Show the lines and zones where targets are counted", check=True),
    _a("colour_by_class", "View", "Colour by class", "Colour boxes by class instead of by track", "C", check=True),
    _a("shortcuts", "Help", "Shortcuts…", "List every action with its keys, and change them", "F1", "?"),
    _a("list_plugins", "Help", "Plugins…", "What plugins bring, and what is wrong with them"),
    _a("about", "Help", "About", "Version, and where things are kept"),
)  # fmt: skip

BY_ID = {spec.id: spec for spec in ACTIONS}

PRESETS: dict[str, dict[str, tuple[str, ...]]] = {
    "Workbench": {},
    "D/F: D back, F forward": {
        "next_frame": ("F", "Right"),
        "previous_frame": ("D", "Left"),
        "fit": ("Ctrl+0",),
    },
    "CVAT": {
        "next_frame": ("F", "Right"),
        "previous_frame": ("D", "Left"),
        "step_forward": ("V", "Ctrl+Right"),
        "step_back": ("C", "Ctrl+Left"),
        "go_to_frame": ("`", "Ctrl+G"),
        "colour_by_class": ("Shift+C",),
        "fit": ("Ctrl+0",),
        "delete_box": ("Del", "Shift+Del"),
        "other_fix": ("Shift+V",),
        "toggle_preview": ("Shift+W",),
    },
}
"""Keys that differ from the defaults, by the habit they serve."""


def keys_of(preset: str, remapped: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The keys of every action: the defaults, changed by a preset, changed by the user."""
    return {spec.id: spec.keys for spec in ACTIONS} | PRESETS.get(preset, {}) | remapped


def clashes(keys: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Keys that several actions want, with those actions' ids; one that stands in for another may share its."""
    users: dict[str, list[str]] = {}
    for action, its_keys in keys.items():
        for key in its_keys:
            users.setdefault(key, []).append(action)
    shared = {key: actions for key, actions in users.items() if len(actions) > 1}
    return {
        key: actions for key, actions in shared.items() if not _stand_in(*actions[:2]) or len(actions) > 2
    }


def _stand_in(action: str, other: str) -> bool:
    return BY_ID[action].instead == other or BY_ID[other].instead == action
