"""Pages of HTML, read by tests."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """The attributes and texts of a page's elements; every element that opens is closed."""

    VOID = frozenset({"meta", "img", "input", "br", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.opened: list[str] = []
        self.feed(text)
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.found.append((tag, dict(attrs)))
        self.opened += [] if tag in self.VOID or self.get_starttag_text().endswith("/>") else [tag]

    def handle_endtag(self, tag: str) -> None:
        if not (self.get_starttag_text() or "").endswith("/>") or tag in self.opened[-1:]:
            assert self.opened.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def values(self, attribute: str) -> list[str]:
        """The values of an attribute, of all elements that have it."""
        return [held[attribute] or "" for _, held in self.found if attribute in held]

    def elements(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [held for name, held in self.found if name == tag]
