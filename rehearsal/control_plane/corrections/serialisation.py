"""Answers are written faster: nothing about them is different.

moto finds out for every value of every answer under which names it may be found, which is half of
the time of a large answer. Those names depend on classes and shapes only, so they are remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.constants import MISSING
from moto.core.serialize import XFormedAttributePicker
from moto.core.utils import get_value

from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]

_NAMES: dict[tuple[type, str, object, object], tuple[str, ...]] = {}


def _pick(world: World, original: _Original, self: XFormedAttributePicker, context: Any) -> Any:
    del world, original
    obj, key, shape = context.obj, context.key, context.shape
    place = (type(obj), key, shape, getattr(shape, "parent", None))
    names = _NAMES.get(place)
    if names is None:
        names = _NAMES[place] = tuple(dict.fromkeys(self.get_possible_keys(context)))
    value = None
    for name in names:
        found = get_value(obj, name, MISSING)
        if found is not MISSING:
            value = found
            break
    if not self.response_transformers:
        return value
    path = f"{context.key_path}.{key}"
    ending = next((end for end in self.response_transformers if path.endswith(end)), None)
    return value if ending is None else self.response_transformers[ending](value)


SERIALISATION = Correction(
    name="serialisation",
    moto="The names of an attribute are worked out for every value of an answer.",
    aws="It answers in a time in which a client does not notice.",
    changes=(Replace(XFormedAttributePicker, "__call__", _pick),),
)
