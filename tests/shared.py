"""Material too large for the repository: a folder ``shared`` beside the checkout, or further up.

Tests that need what is not there skip.
"""

from pathlib import Path

_ABOVE = Path(__file__).resolve().parents[2:]
SHARED = next((place / "shared" for place in _ABOVE if (place / "shared").is_dir()), _ABOVE[0] / "shared")
MOT = SHARED / "data" / "mot"
