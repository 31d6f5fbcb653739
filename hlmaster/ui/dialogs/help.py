"""The help (F1): pages in Markdown, a list of contents, and a search over all of them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QKeySequence,
    QPalette,
    QShortcut,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextTable,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from hlmaster.core.resources import resource
from hlmaster.ui.theme import text_font

SIZE = (940, 680)
STRATEGIES = (
    "triple_confluence",
    "oracle_update",
    "funding_arbitrage",
    "multi_timeframe",
    "momentum_scalper",
    "adaptive_ema",
    "multi_indicator",
    "high_risk",
    "analyst",
    "template",
)
PAGES = (
    "first_trade",
    "window",
    "ladder",
    "order_flow",
    "orders",
    "protection",
    "sessions",
    "connecting",
    "going_live",
    "risk_gate",
    "proposals",
    "risk_limits",
    "analyst_and_news",
    "journal_and_audit",
    "writing_a_strategy",
    *(f"strategies/{name}" for name in STRATEGIES),
    "kill_switch",
    "connection",
    "indicators",
    "keyboard",
    "troubleshooting",
    "glossary",
    "looks",
    "about",
)
FIRST = PAGES[0]
ABOUT = "about"


class HelpWindow(QWidget):
    """A window of its own, beside the trading one. ``open_help`` shows it, at a page or where it was."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("HyperliquidMaster help")
        self.setObjectName("help")
        self.resize(*SIZE)
        self._texts = {name: page_text(name) for name in PAGES}
        self._page = FIRST
        self.search, self.contents, self.browser = QLineEdit(), QListWidget(), _Browser()
        self.found = QLabel()
        self._lay_out()
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self.find_next)
        self.contents.currentItemChanged.connect(self._choose)
        self.browser.anchorClicked.connect(self._follow)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        QShortcut(QKeySequence.StandardKey.FindNext, self, self.find_next)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)
        self.show_text(FIRST)

    def _lay_out(self) -> None:
        self.search.setPlaceholderText("Search the help")
        self.search.setAccessibleName("Search the help")
        self.search.setClearButtonEnabled(True)
        self.found.setProperty("role", "caption")
        self.contents.setAccessibleName("Contents")
        self.contents.setProperty("role", "contents")
        for name in PAGES:
            item = QListWidgetItem(title_of(self._texts[name]))
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.contents.addItem(item)
        left = QVBoxLayout()
        left.setSpacing(8)
        for widget in (self.search, self.contents, self.found):
            widget.setFixedWidth(200)
            left.addWidget(widget)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addLayout(left)
        layout.addWidget(self.browser, 1)

    @property
    def page(self) -> str:
        return self._page

    def pages(self) -> list[tuple[str, str]]:
        """(name, title) of each, in the order of the contents."""
        return [(name, title_of(text)) for name, text in self._texts.items()]

    def open_help(self, name: str = "") -> None:
        if name in PAGES:
            self.show_text(name)
        self.show()
        self.raise_()
        self.activateWindow()

    def show_text(self, name: str) -> None:
        self._page = name
        self.browser.setMarkdown(self._texts[name])
        _typeset(self.browser.document(), self.palette().color(QPalette.ColorRole.Highlight))
        self.browser.moveCursor(QTextCursor.MoveOperation.Start)
        self.contents.blockSignals(True)
        self.contents.setCurrentRow(PAGES.index(name))
        self.contents.blockSignals(False)
        self._mark()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.show_text(self._page)

    def find_next(self) -> None:
        """The next place on this page, then on the following pages that have one."""
        words = self.search.text().strip()
        if not words or self.browser.find(words):
            return
        pages = [name for name in PAGES if words.casefold() in self._plain(name)]
        if pages:
            later = [name for name in pages if PAGES.index(name) > PAGES.index(self._page)]
            self.show_text((later or pages)[0])
            self.browser.find(words)

    def _search(self, text: str) -> None:
        words = text.strip().casefold()
        counts = {name: self._plain(name).count(words) if words else 0 for name in PAGES}
        for row, name in enumerate(PAGES):
            self.contents.item(row).setHidden(bool(words) and not counts[name])
        places, pages = sum(counts.values()), sum(map(bool, counts.values()))
        self.found.setText(f"{places} places on {pages} pages" if places else "Nothing found." if words else "")
        if places and not counts[self._page]:
            self.show_text(next(name for name in PAGES if counts[name]))
        self._mark()

    def _plain(self, name: str) -> str:
        return self._texts[name].casefold().replace("**", "").replace("`", "")

    def _mark(self) -> None:
        words, found = self.search.text().strip(), []
        if words:
            look = QTextCharFormat()
            look.setBackground(self.palette().color(QPalette.ColorRole.Link))
            look.setForeground(self.palette().color(QPalette.ColorRole.Base))
            cursor = self.browser.document().find(words)
            while not cursor.isNull():
                place = QTextEdit.ExtraSelection()
                place.cursor, place.format = cursor, look
                found.append(place)
                cursor = self.browser.document().find(words, cursor)
        self.browser.setExtraSelections(found)

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.show_text(item.data(Qt.ItemDataRole.UserRole))

    def _follow(self, url: QUrl) -> None:
        last = url.fileName().removesuffix(".md")
        name = next((page for page in PAGES if page.rpartition("/")[2] == last), "")
        if name:
            self.show_text(name)
        elif url.scheme() == "https":
            QDesktopServices.openUrl(url)


class _Browser(QTextBrowser):
    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setProperty("role", "page")
        self.setAccessibleName("Help page")
        self.document().setDocumentMargin(20)


def page_file(name: str) -> Path:
    return resource("help", f"{name}.md")


def page_text(name: str) -> str:
    """A page that is missing from the installation says so itself."""
    file = page_file(name)
    try:
        return file.read_text(encoding="utf-8") + (_licences() if name == ABOUT else "")
    except OSError as error:
        return f"# {name.replace('_', ' ').capitalize()}\n\n{file} cannot be read: {error.strerror}. Install again."


def _licences() -> str:
    files = sorted(resource("fonts").glob("LICENSE-*.txt"))
    return "".join(
        f"\n## {file.stem.partition('-')[2]}\n```\n{file.read_text(encoding='utf-8').strip()}\n```\n" for file in files
    )


def title_of(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ")


def _typeset(document: QTextDocument, border: QColor) -> None:
    """Room between lines and paragraphs, headings and tables in the house's look; Markdown brings none of it."""
    cursor = QTextCursor(document)
    block = document.begin()
    while block.isValid():
        is_code = block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence.value)
        level, in_table = block.blockFormat().headingLevel(), isinstance(_frame(block.position(), document), QTextTable)
        shape = QTextBlockFormat()
        shape.setLineHeight(110.0 if is_code else 135.0, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        shape.setTopMargin({0: 0.0, 1: 0.0, 2: 20.0}.get(level, 14.0))
        shape.setBottomMargin(0.0 if in_table or is_code else 8.0 if level or block.textList() is None else 3.0)
        cursor.setPosition(block.position())
        cursor.mergeBlockFormat(shape)
        if level:
            look = QTextCharFormat()
            look.setFont(text_font({1: 20, 2: 15}.get(level, 13), strong=True))
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(look)  # merging would keep Markdown's own size adjustment
        block = block.next()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            form = frame.format().toTableFormat()
            form.setCellPadding(5)
            form.setCellSpacing(0)
            form.setBorder(1)
            form.setBorderCollapse(True)
            form.setBorderBrush(border)
            form.setTopMargin(4)
            form.setBottomMargin(10)
            frame.setFormat(form)


def _frame(position: int, document: QTextDocument) -> object:
    cursor = QTextCursor(document)
    cursor.setPosition(position)
    return cursor.currentFrame()
