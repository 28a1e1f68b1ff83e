"""Lab Streaming Layer: results go out as a stream, and the markers of other devices come in.

Needs pylsl, the extra `lsl`. docs/time.md tells how to set it up.
"""

from mien.study.lsl.library import LslClock
from mien.study.lsl.markers import Marker, MarkerReceiver, to_event
from mien.study.lsl.outlet import ResultOutlet
from mien.study.lsl.session import LslSession

__all__ = ["LslClock", "LslSession", "Marker", "MarkerReceiver", "ResultOutlet", "to_event"]
