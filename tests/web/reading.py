"""What a page says and refers to, read as HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

VOID: Final = {"meta", "link", "input", "br", "hr", "img"}


class Read(HTMLParser):
    """Gathers a page's addresses, its inline scripts and styles, its ids and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.fields: set[str] = set()
        self.tags: list[str] = []
        self._texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)

    @property
    def text(self) -> str:
        """The text that is shown, each run of blanks as one."""
        return re.sub(r"\s+", " ", " ".join(self._texts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        names = ("href", "src", "action", "data-hx-get")
        self.addresses += [given[name] for name in names if name in given]
        self.ids += [given["id"]] if "id" in given else []
        if tag == "label":
            self.labels.add(given["for"])
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            self.fields.add(given["id"])
        is_data = given.get("type") == "application/json"
        if tag == "style" or (tag == "script" and "src" not in given and not is_data):
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"script", "title"} & set(self._open):
            self._texts.append(data)
