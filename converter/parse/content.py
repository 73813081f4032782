"""The visible text of a block with its links and images, gathered from left to right."""

from __future__ import annotations

from converter.parse.blocks import Image, Inline, Link
from converter.parse.html_tags import BREAK, attributes, gap_of, tag_name, tidy


class Content:
    """Text, links and images, in Markdown or in HTML. Links of the two may overlap; none holds another of its kind."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.links: list[Link] = []
        self.images: list[Image] = []
        self.has_prose = False
        self.ends_link = False
        """Whether an HTML link that began elsewhere ends here."""
        self._descriptions: set[int] = set()
        self._open_links: list[tuple[int, Link, bool]] = []

    def add_text(self, text: str) -> None:
        """Add words."""
        self.parts.append(text)
        self.has_prose = self.has_prose or bool(text.strip())

    def add_gap(self, gap: str) -> None:
        """Add white space or a break."""
        if gap:
            self.parts.append(gap)

    def add_image(self, image: Image) -> None:
        """Add an image; its description is part of the text."""
        image.link_url = self._open_links[-1][1].url if self._open_links else None
        self.images.append(image)
        self._add_description(image.alt)

    def _add_description(self, description: str) -> None:
        self._descriptions.add(len(self.parts))
        self.parts.append(description)

    def open_link(self, link: Link, is_html: bool = False) -> None:
        """Begin a link; what is added until it closes is its text."""
        self._open_links.append((len(self.parts), link, is_html))
        self.links.append(link)

    @property
    def is_in_link(self) -> bool:
        """Whether a link is open."""
        return bool(self._open_links)

    def close_link(self, is_html: bool = False) -> int | None:
        """End the open link of this kind, if there is one; return the index of its first part."""
        for index, (start, link, is_html_link) in enumerate(self._open_links):
            if is_html_link == is_html:
                link.text = tidy("".join(self.parts[start:])).strip(" \n")
                del self._open_links[index]
                return start
        return None

    def add_tag(self, tag: str, line: int) -> None:
        """Add an HTML tag: the start or end of a link, an image, or the gap that the tag leaves between words."""
        name = tag_name(tag)
        if name in ("a", "/a"):
            self.ends_link = self.ends_link or (name == "/a" and not any(link[2] for link in self._open_links))
            self.close_link(is_html=True)
            values = attributes(tag) if name == "a" else {}
            if "href" in values:
                self.open_link(Link("", values["href"].strip(), values.get("title"), line), is_html=True)
        elif name == "img":
            values = attributes(tag)
            alt, url = " ".join(values.get("alt", "").split()), values.get("src") or values.get("data-src")
            if url:
                self.add_image(Image(alt, url.strip(), values.get("title"), None, line))
            else:
                self._add_description(alt)
        elif (gap := gap_of(name)) != " " or not self.ends_word:
            self.add_gap(gap)

    @property
    def ends_word(self) -> bool:
        """Whether the text ends with a gap, or is empty."""
        return not self.parts or self.parts[-1][-1:] in (" ", "\n", BREAK)

    @property
    def open_link_without_text(self) -> Link | None:
        """The open HTML link, if it has no text yet."""
        for start, link, is_html in self._open_links:
            if is_html and not "".join(self.parts[start:]).strip(f" \n{BREAK}"):
                return link
        return None

    def begin(self) -> Content:
        """Return the content of the next piece; an open link without text moves there."""
        content = Content()
        if link := self.open_link_without_text:
            self.links.remove(link)
            self.close_link(is_html=True)
            content.open_link(link, is_html=True)
        return content

    @property
    def text(self) -> str:
        """The visible text, with the descriptions of images."""
        return tidy("".join(self.parts))

    @property
    def title(self) -> str:
        """The words on one line or, if there are none, the descriptions of images."""
        words = [part for index, part in enumerate(self.parts) if index not in self._descriptions]
        return " ".join((tidy("".join(words)) if self.has_prose else self.text).split())

    def inline(self, span: str | None = None) -> Inline:
        """Return the content; links that never close end here."""
        self.close_link(is_html=True)
        is_image = bool(self.images) and not self.has_prose
        return Inline(self.text, self.links or (), self.images or (), span, is_image)
