"""A trait for a dict of named entries, each validated by a pydantic model."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from traitlets import Dict, TraitError


class ExplainedTraitError(TraitError):  # type: ignore[misc]
    """A refused value; the text lists every problem and is safe to log."""


class Entry(BaseModel):
    """Base class of the entries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    example: ClassVar[dict[str, Any]]


class ModelDict(Dict):  # type: ignore[misc]
    """A dict such as `{"name": {"key": value}}`; all problems of all entries are reported together."""

    def __init__(self, model: type[Entry], **metadata: object) -> None:
        """Validate each entry with `model`."""
        super().__init__(**metadata)
        self.model = model

    def validate(self, obj: Any, value: Any) -> dict[str, Entry]:  # noqa: ANN401 (as traitlets')
        """Return the entries by name, or raise an ExplainedTraitError."""
        if not isinstance(value, dict):
            raise ExplainedTraitError(f"should be a dict, but is {type(value).__name__}. {self._example()}")
        found: dict[str, Entry] = {}
        problems: list[str] = []
        for name, entry in value.items():
            try:
                found[name] = entry if isinstance(entry, self.model) else self.model.model_validate(entry)
            except ValidationError as error:
                problems += self._problems(str(name), error)
        if problems:
            raise ExplainedTraitError(f"{'; '.join(problems)}. {self._example()}")
        return found

    def _example(self) -> str:
        return f"An example that works: {json.dumps(self.model.example)}"

    def _problems(self, name: str, error: ValidationError) -> Iterator[str]:
        for problem in error.errors(include_url=False):
            place = "".join(
                f"[{part!r}]" for part in (name, *problem["loc"]) if not str(part).startswith("function-")
            )
            if problem["type"] == "extra_forbidden":
                near = difflib.get_close_matches(str(problem["loc"][-1]), self.model.model_fields, n=1)
                yield f"{place} is not a known key" + (f", did you mean {near[0]!r}?" if near else "")
            elif problem["type"] == "value_error":
                yield f"{place} {problem['ctx']['error']}"
            else:
                yield f"{place} {str(problem['msg']).replace('Input should', 'should')}"
