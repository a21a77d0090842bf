"""What a service may make of an answer: other names, other facts, too much, too little, nothing of the kind."""

from __future__ import annotations

from typing import Any

from standin.http import Asked

COUNT = 50
ALL = COUNT
PREFIXES = {"crossref": "10.1155/", "datacite": "10.5281/zenodo.", "medra": "10.1430/", "unknown": "10.99990/"}
BAD = 7  # the number of the one that is in trouble, where only one is


def name(world: str, number: int) -> str:
    """Return a DOI whose suffix occurs in no other."""
    return f"{PREFIXES[world]}f{number:02d}x"


def _items(value: Any) -> list[Any]:
    return value["message"]["items"] if "items" in value["message"] else [value["message"]]


def _with_items(value: Any, items: list[Any]) -> Any:
    message = {**value["message"], "items": items} if "items" in value["message"] else items[0]
    return {**value, "message": message}


def renamed(value: Any, _: Asked) -> Any:
    """Every work under another name."""
    return _with_items(value, [{**item, "DOI": f"10.1155/other-{item['DOI'][8:]}"} for item in _items(value)])


def swapped(value: Any, _: Asked) -> Any:
    """Every work is answered with the facts of a stranger's."""
    strange = {"title": ["On something else entirely"], "author": [{"family": "Nobody"}], "publisher": "Wrong"}
    return _with_items(value, [{**item, **strange} for item in _items(value)])


def doubled(value: Any, _: Asked) -> Any:
    """Every work twice, the second time with other facts."""
    return _with_items(value, [each for item in _items(value) for each in (item, {**item, "publisher": "Wrong"})])


def joined_by_strangers(value: Any, _: Asked) -> Any:
    """As many works that nobody asked for."""
    return _with_items(
        value,
        [*({**item, "DOI": f"{item['DOI']}0", "publisher": "Wrong"} for item in _items(value)), *_items(value)],
    )


def without_one(value: Any, _: Asked) -> Any:
    """The list without one of the works asked for."""
    return _with_items(value, [item for item in _items(value) if item["DOI"] != name("crossref", BAD)])


def without_names(value: Any, _: Asked) -> Any:
    """Works that do not say which they are."""
    return _with_items(value, [{key: item[key] for key in item if key != "DOI"} for item in _items(value)])


def bytes_of(content: bytes) -> Any:
    """Return the change that answers these bytes."""
    return lambda _value, _asked: content


def odd_members(value: Any, _: Asked) -> Any:
    """Members of the wrong type, next to those that are right."""
    odd = {
        "volume": [],
        "relation": "none",
        "page": {},
        "ISSN": "x",
        "link": 1,
        "published": {"date-parts": [[None]]},
    }
    return _with_items(
        value, [{**item, **odd, "author": [None, 3, {"family": 7}, *item["author"]]} for item in _items(value)]
    )


def upper(value: Any, _: Asked) -> Any:
    """Names in upper case."""
    return _with_items(value, [{**item, "DOI": item["DOI"].upper()} for item in _items(value)])


def told(member: dict[str, Any]) -> Any:
    """Return the change that lets the directory say something else of every DOI."""
    return lambda value, _asked: [{"DOI": row["DOI"], **member} for row in value]


def datum(changes: dict[str, Any]) -> Any:
    """Return the change of attributes of every DataCite DOI."""

    def change_all(value: Any, _: Asked) -> Any:
        data = value["data"] if isinstance(value["data"], list) else [value["data"]]
        new = [{**each, "attributes": {**each["attributes"], **changes}} for each in data]
        return {**value, "data": new if isinstance(value["data"], list) else new[0]}

    return change_all


def alias(asked: Asked) -> dict[str, Any]:
    """Return a handle that leads to the same DOI at doi.org."""
    own = asked.path.rpartition("/api/handles/")[2]
    return {
        "responseCode": 1,
        "handle": own,
        "values": [{"type": "URL", "data": {"format": "string", "value": f"https://doi.org/{own}"}}],
    }
