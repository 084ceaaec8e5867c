"""The hub's log as JSON, an object on each line: JUPYTERHUB_LOG_FORMAT=json.

| what is written | how it becomes an object |
|---|---|
| by JupyterHub, tornado, this package's classes | `LOGGING`, the `logging_config` of the application |
| by other libraries | the same, as the root logger's |
| past all logs: by the configuration, Python's last words | `Lines` in the place of `sys.stderr` |
| by the idle culler, a process of its own | the same, in `culler.py` |

The fields are time (ISO 8601, UTC), level, logger, message and, if there is one, exception; a request has
status, method, path, user, ip and milliseconds too.
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
# As jupyterhub/log.py writes it.
_REQUEST = re.compile(
    r"(?P<status>\d{3}) (?P<method>[A-Z]+) (?P<path>\S*)( -> \S*)? "
    r"\((?P<user>.*)@(?P<ip>\S*)\) (?P<milliseconds>[\d.]+)ms"
)
_SAID = re.compile(r"\[(?P<logger>jupyterhub-openshift)\] (?P<level>WARNING)?:? ?(?P<message>.*)", re.DOTALL)

LOGGING = {
    "formatters": {"json": {"()": "jupyterhub_openshift.logs.JsonLine"}},
    "handlers": {"console": {"formatter": "json", "stream": "ext://sys.__stderr__"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}


class JsonLine(JsonFormatter):
    """An object of a log record."""

    def __init__(self) -> None:
        super().__init__(["levelname", "name", "message"], rename_fields=NAMES, timestamp="time")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """The time first, and of a request what it was."""
        line = {"time": log_data.pop("time"), **log_data}
        if request := _REQUEST.fullmatch(line["message"]):
            numbers = {"status": int(request["status"]), "milliseconds": float(request["milliseconds"])}
            line |= request.groupdict() | numbers
        return line


class Lines(io.TextIOBase):
    """Makes an object of each text that is written; one of several lines that comes at once is one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""

    def write(self, text: str) -> int:
        """Keep it until the line is complete."""
        self._text += text
        if self._text.endswith("\n"):
            complete, self._text = self._text.strip("\n"), ""
            if complete:
                print(_object(complete), file=self._stream, flush=True)
        return len(text)

    def fileno(self) -> int:
        """For what asks where to write by itself."""
        return self._stream.fileno()


def start_log(environ: Mapping[str, str] = os.environ) -> bool:
    """From now on all is JSON, if that is asked for: what is wrong with the settings, too. Whether it is."""
    as_json = environ.get("JUPYTERHUB_LOG_FORMAT") == "json"
    if as_json and not isinstance(sys.stderr, Lines):
        sys.stderr = Lines(sys.stderr)
        sys.excepthook = _one_object
    return as_json


def _object(text: str) -> str:
    said = _SAID.fullmatch(text)
    logger, level, message = said.groups() if said else ("stderr", "ERROR", text)
    number = getattr(logging, level or "INFO")
    return JsonLine().format(logging.LogRecord(logger, number, "", 0, message, None, None))


def _one_object(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write("".join(traceback.format_exception(kind, error, trace)))
