"""The hub's log as JSON, an object on each line: JUPYTERHUB_LOG_FORMAT=json.

| written by | formatted by |
|---|---|
| JupyterHub, tornado and this package's classes | `LOGGING`, the application's `logging_config` |
| other libraries | the same configuration, through the root logger |
| configuration files and uncaught exceptions, to `sys.stderr` | `JsonStream`, which replaces it |
| the idle culler, a process of its own | the same, set up in `idle_culler.py` |

Each object has time (ISO 8601, UTC), level, logger and message, the log record of an exception also
exception, and that of a request also status, method, path, user, ip and milliseconds.
"""

import io
import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

from pythonjsonlogger.json import JsonFormatter

NAMES = {"levelname": "level", "name": "logger", "exc_info": "exception", "stack_info": "stack"}
# The message of jupyterhub.log.log_request.
_REQUEST = re.compile(
    r"(?P<status>\d{3}) (?P<method>[A-Z]+) (?P<path>\S*)( -> \S*)? "
    r"\((?P<user>.*)@(?P<ip>\S*)\) (?P<milliseconds>[\d.]+)ms"
)
_PROGRESS = re.compile(
    r"\[(?P<logger>jupyterhub-openshift)\] (?P<level>WARNING)?:? ?(?P<message>.*)", re.DOTALL
)

LOGGING = {
    "formatters": {"json": {"()": "jupyterhub_openshift.logs.JsonLine"}},
    "handlers": {"console": {"formatter": "json", "stream": "ext://sys.__stderr__"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}


class JsonLine(JsonFormatter):
    """Formats a log record as an object on one line."""

    def __init__(self) -> None:
        super().__init__(["levelname", "name", "message"], rename_fields=NAMES, timestamp="time")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Put the time first, and add the fields of a request."""
        line = {"time": log_data.pop("time"), **log_data}
        if request := _REQUEST.fullmatch(line["message"]):
            numbers = {"status": int(request["status"]), "milliseconds": float(request["milliseconds"])}
            line |= request.groupdict() | numbers
        return line


class JsonStream(io.TextIOBase):
    """Writes each text as one JSON object, a text of several lines too."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""

    def write(self, text: str) -> int:
        """Buffer the text until its line is complete."""
        self._text += text
        if self._text.endswith("\n"):
            complete, self._text = self._text.strip("\n"), ""
            if complete:
                print(_object(complete), file=self._stream, flush=True)
        return len(text)

    def fileno(self) -> int:
        """Return the descriptor of the stream beneath, for code that writes to it directly."""
        return self._stream.fileno()


def start_log(environ: Mapping[str, str] = os.environ) -> bool:
    """Switch stderr to JSON if the environment asks for it; return whether it does.

    Comes before the settings are validated, so that their problems are logged in the right format too.
    """
    as_json = environ.get("JUPYTERHUB_LOG_FORMAT") == "json"
    if as_json and not isinstance(sys.stderr, JsonStream):
        sys.stderr = JsonStream(sys.stderr)
        sys.excepthook = _excepthook
    return as_json


def _object(text: str) -> str:
    progress = _PROGRESS.fullmatch(text)
    logger, level, message = progress.groups() if progress else ("stderr", "ERROR", text)
    number = getattr(logging, level or "INFO")
    return JsonLine().format(logging.LogRecord(logger, number, "", 0, message, None, None))


def _excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write("".join(traceback.format_exception(kind, error, trace)))
