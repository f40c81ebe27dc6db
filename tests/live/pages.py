# SPDX-License-Identifier: LGPL-2.1-or-later
"""A strict reader of the reports of verify --html, for test_report.py.

Strict: what a browser would mend is an error here.  A report has every end that it opens, knows
only these elements and attributes, and is ASCII, so that what is none of ours cannot be overlooked.
"""

import base64
import hashlib
import html.parser
import re

VOID = {"meta", "br"}
ELEMENTS = set("""html head meta title style body header main nav section footer h1 h2 p ul li a span
    strong code pre table caption thead tbody tr th td div figure figcaption svg rect path text details
    summary""".split())
ATTRIBUTES = set("""lang charset http-equiv content name class id href role scope data-label tabindex
    aria-label viewbox x y width height rx d""".split())
PRINTABLE = re.compile(rb"[\n\t -~]*")


class BadPage(AssertionError):
    pass


class Page(html.parser.HTMLParser):
    """title, style, policy; texts by element; tables by caption as lists of rows; ids, links."""

    def __init__(self, data):
        super().__init__(convert_charrefs=True)
        if not PRINTABLE.fullmatch(data):
            raise BadPage("a byte that is not printable ASCII")
        self.stack, self.texts, self.metas, self.ids, self.links = [], {}, {}, [], []
        self.elements, self.tables, self.doctype = [], {}, None
        self._rows = None
        self.feed(data.decode("ascii"))
        self.close()
        if self.stack or self.rawdata:
            raise BadPage(f"still open: {self.stack} {self.rawdata[:80]!r}")
        self.title, self.style = "".join(self.texts["title"]), "".join(self.texts["style"])
        self.policy = self.metas["Content-Security-Policy"]

    def handle_decl(self, decl):
        if self.doctype is not None or self.elements:
            raise BadPage(f"declaration {decl!r}")
        self.doctype = decl

    def handle_comment(self, data):
        raise BadPage(f"a comment: {data[:80]!r}")

    def handle_pi(self, data):
        raise BadPage(f"an instruction: {data[:80]!r}")

    def unknown_decl(self, data):
        raise BadPage(f"a declaration: {data[:80]!r}")

    def handle_startendtag(self, tag, attrs):
        raise BadPage(f"<{tag}/>")

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if tag not in ELEMENTS or not set(names) <= ATTRIBUTES or len(set(names)) != len(names):
            raise BadPage(f"<{tag} {attrs}>")
        if any(value is None for _, value in attrs):
            raise BadPage(f"<{tag} {attrs}>: an attribute without a value")
        values = dict(attrs)
        self.elements.append((tag, values))
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        if tag == "meta":
            name = values.get("http-equiv", values.get("name"))
            self.metas[name or "charset"] = values.get("content", values.get("charset"))
        if tag == "table":
            self._rows = []
        if tag == "tr":
            self._rows.append([])
        if tag in ("td", "th"):
            self._rows[-1].append("")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1] != tag:
            raise BadPage(f"</{tag}> within {self.stack}")
        self.stack.pop()
        if tag == "table":
            self.tables[self.caption] = self._rows

    def handle_data(self, data):
        if not self.stack:
            if data.strip():
                raise BadPage(f"text outside: {data[:80]!r}")
            return
        self.texts.setdefault(self.stack[-1], []).append(data)
        if self.stack[-1] == "caption":
            self.caption = data
        if "tbody" in self.stack or "thead" in self.stack:
            if "td" in self.stack or "th" in self.stack:
                self._rows[-1][-1] += data

    def headings(self):
        """[level], in their order."""
        return [int(tag[1]) for tag, _ in self.elements if tag in ("h1", "h2")]

    def text(self):
        return "".join(data for tag, found in self.texts.items() if tag not in ("style", "title")
                       for data in found)


def require_harmless(page):
    """Nothing is fetched and nothing is run, by the page's own word to the browser."""
    digest = base64.b64encode(hashlib.sha256(page.style.encode("ascii")).digest()).decode("ascii")
    want = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    if page.policy != want:
        raise BadPage(f"the policy is {page.policy!r}, want {want!r}")
    if any(not link.startswith("#") or link[1:] not in page.ids for link in page.links):
        raise BadPage(f"links: {page.links}")
    if re.search(r"url\(|@import|@font-face|expression|javascript", page.style):
        raise BadPage("the style sheet fetches something")


def require_readable(page):
    """A language, a title, headings in order, a caption for each table, a scope for each heading."""
    if page.doctype != "DOCTYPE html" or ("html", {"lang": "en"}) not in page.elements:
        raise BadPage("no doctype, or no language")
    if not page.title or page.headings()[0] != 1 or page.headings().count(1) != 1:
        raise BadPage(f"title {page.title!r}, headings {page.headings()}")
    if len(page.ids) != len(set(page.ids)):
        raise BadPage("an id twice")
    tables = sum(tag == "table" for tag, _ in page.elements)
    if tables != sum(tag == "caption" for tag, _ in page.elements):
        raise BadPage("a table without a caption")
    if any(values.get("scope") not in ("col", "row") for tag, values in page.elements if tag == "th"):
        raise BadPage("a heading of a table without a scope")
    for name, rows in page.tables.items():
        if any(len(row) != len(rows[0]) for row in rows):
            raise BadPage(f"{name}: not as many cells in each row")
    for tag, values in page.elements:
        if tag == "svg" and (values.get("role") != "img" or not values.get("aria-label")):
            raise BadPage("a picture without words")


def read(data):
    """A report that is all of this, or BadPage."""
    page = Page(data)
    require_harmless(page)
    require_readable(page)
    return page
